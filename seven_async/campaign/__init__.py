"""Sending to any number of recipients: `Campaign`, and `read_csv` for its messages."""

from seven_async.campaign.campaign import Campaign
from seven_async.campaign.csv_file import CsvMessages, CsvRow, Refused, read_csv
from seven_async.campaign.csv_layout import CsvError
from seven_async.campaign.entry import Entry, State
from seven_async.campaign.journal.errors import JournalError, JournalLockedError
from seven_async.campaign.outgoing import Fallback
from seven_async.campaign.pauses import PausedError, Reason
from seven_async.campaign.phone.errors import RecipientError
from seven_async.campaign.plan import CountryCost, Plan, Problem, TextFinding
from seven_async.campaign.progress import Progress
from seven_async.campaign.quiet import QuietHours
from seven_async.campaign.recipients import Recipient, normalise, recipient_of
from seven_async.campaign.report import Report
from seven_async.campaign.suppression import Suppression

__all__ = [
    "Campaign",
    "CountryCost",
    "CsvError",
    "CsvMessages",
    "CsvRow",
    "Entry",
    "Fallback",
    "JournalError",
    "JournalLockedError",
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
    "Suppression",
    "TextFinding",
    "normalise",
    "read_csv",
    "recipient_of",
]
