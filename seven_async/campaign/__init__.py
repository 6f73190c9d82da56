"""Sending to any number of recipients: `Campaign`, and `read_csv` for its messages."""

from seven_async.campaign.campaign import Campaign
from seven_async.campaign.campaign_journal import CampaignJournal
from seven_async.campaign.inputs.csv_dialect import CsvError
from seven_async.campaign.inputs.csv_file import CsvMessages, CsvRow, Refused, read_csv
from seven_async.campaign.inputs.message import Fallback
from seven_async.campaign.inputs.message_template import MessageTemplate
from seven_async.campaign.inputs.numbers import Recipient, normalise, recipient_of
from seven_async.campaign.inputs.opt_outs import OptOutChange, OptOutError, OptOutList
from seven_async.campaign.inputs.phone.errors import RecipientError
from seven_async.campaign.inputs.spreadsheet_text import protect_cell
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.journal.errors import JournalError, JournalLockedError
from seven_async.campaign.planning.plan import CountryCost, EmptyValue, Plan, Problem, TextFinding
from seven_async.campaign.reports.overlap import Overlap
from seven_async.campaign.results import (
    CampaignStatus,
    Entry,
    Limit,
    Moment,
    PausedError,
    Progress,
    Reason,
    Report,
    State,
)
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sinks.journal_sink import JournalSink
from seven_async.campaign.sinks.opt_out_sink import OptOutSink
from seven_async.campaign.sinks.reply_words import START_WORDS, STOP_WORDS

__all__ = [
    "START_WORDS",
    "STOP_WORDS",
    "Campaign",
    "CampaignJournal",
    "CampaignStatus",
    "CountryCost",
    "CsvError",
    "CsvMessages",
    "CsvRow",
    "EmptyValue",
    "Entry",
    "Fallback",
    "JournalError",
    "JournalLockedError",
    "JournalSink",
    "Limit",
    "MessageTemplate",
    "Moment",
    "OptOutChange",
    "OptOutError",
    "OptOutList",
    "OptOutSink",
    "Overlap",
    "PausedError",
    "Plan",
    "Problem",
    "Progress",
    "QuietHours",
    "Reason",
    "Recipient",
    "RecipientError",
    "Refused",
    "Report",
    "State",
    "StoreTexts",
    "Suppression",
    "TextFinding",
    "normalise",
    "protect_cell",
    "read_csv",
    "recipient_of",
]
