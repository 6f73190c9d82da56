"""Sending to any number of recipients: `Campaign`, and `read_csv` for its messages."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seven_async.campaign.campaign import Campaign as Campaign
    from seven_async.campaign.campaign_journal import CampaignJournal as CampaignJournal
    from seven_async.campaign.inputs.csv_dialect import CsvError as CsvError
    from seven_async.campaign.inputs.csv_file import (
        CsvMessages as CsvMessages,
        CsvRow as CsvRow,
        Refused as Refused,
    )
    from seven_async.campaign.inputs.message import Fallback as Fallback
    from seven_async.campaign.inputs.message_template import MessageTemplate as MessageTemplate
    from seven_async.campaign.inputs.read_csv import read_csv as read_csv
    from seven_async.recipients.recipient import (
        Recipient as Recipient,
        normalise as normalise,
        recipient_of as recipient_of,
    )
    from seven_async.campaign.inputs.opt_out_store import OptOutError as OptOutError
    from seven_async.campaign.inputs.opt_outs import (
        OptOutChange as OptOutChange,
        OptOutList as OptOutList,
    )
    from seven_async.recipients.errors import RecipientError as RecipientError
    from seven_async.campaign.inputs.spreadsheet_text import protect_cell as protect_cell
    from seven_async.campaign.inputs.stored_content import StoreTexts as StoreTexts
    from seven_async.campaign.inputs.suppression import Suppression as Suppression
    from seven_async.campaign.journal.errors import (
        JournalError as JournalError,
        JournalLockedError as JournalLockedError,
    )
    from seven_async.campaign.planning.plan import (
        CountryCost as CountryCost,
        EmptyValue as EmptyValue,
        Plan as Plan,
        Problem as Problem,
        TextFinding as TextFinding,
    )
    from seven_async.campaign.reports.overlap import Overlap as Overlap
    from seven_async.campaign.results import (
        CampaignStatus as CampaignStatus,
        Entry as Entry,
        Limit as Limit,
        Moment as Moment,
        PausedError as PausedError,
        Progress as Progress,
        Reason as Reason,
        Report as Report,
        State as State,
        WorkerStatus as WorkerStatus,
    )
    from seven_async.campaign.sending.quiet_hours import QuietHours as QuietHours
    from seven_async.campaign.sinks.journal_sink import JournalSink as JournalSink
    from seven_async.campaign.sinks.opt_out_sink import OptOutSink as OptOutSink
    from seven_async.campaign.workers.chunk import work_chunk as work_chunk
    from seven_async.campaign.workers.worker import Worker as Worker
    from seven_async.campaign.sinks.reply_words import (
        START_WORDS as START_WORDS,
        STOP_WORDS as STOP_WORDS,
    )
else:
    from seven_async.start.first_use import names_on_first_use as _names_on_first_use

    # Who reads a journal does not wait for what sends.
    __getattr__, __dir__, __all__ = _names_on_first_use(
        __name__,
        {
            "seven_async.campaign.campaign": ("Campaign",),
            "seven_async.campaign.campaign_journal": ("CampaignJournal",),
            "seven_async.campaign.inputs.csv_dialect": ("CsvError",),
            "seven_async.campaign.inputs.csv_file": ("CsvMessages", "CsvRow", "Refused"),
            "seven_async.campaign.inputs.message": ("Fallback",),
            "seven_async.campaign.inputs.message_template": ("MessageTemplate",),
            "seven_async.campaign.inputs.read_csv": ("read_csv",),
            "seven_async.recipients.recipient": (
                "Recipient",
                "normalise",
                "recipient_of",
            ),
            "seven_async.campaign.inputs.opt_out_store": ("OptOutError",),
            "seven_async.campaign.inputs.opt_outs": (
                "OptOutChange",
                "OptOutList",
            ),
            "seven_async.recipients.errors": ("RecipientError",),
            "seven_async.campaign.inputs.spreadsheet_text": ("protect_cell",),
            "seven_async.campaign.inputs.stored_content": ("StoreTexts",),
            "seven_async.campaign.inputs.suppression": ("Suppression",),
            "seven_async.campaign.journal.errors": (
                "JournalError",
                "JournalLockedError",
            ),
            "seven_async.campaign.planning.plan": (
                "CountryCost",
                "EmptyValue",
                "Plan",
                "Problem",
                "TextFinding",
            ),
            "seven_async.campaign.reports.overlap": ("Overlap",),
            "seven_async.campaign.results": (
                "CampaignStatus",
                "Entry",
                "Limit",
                "Moment",
                "PausedError",
                "Progress",
                "Reason",
                "Report",
                "State",
                "WorkerStatus",
            ),
            "seven_async.campaign.sending.quiet_hours": ("QuietHours",),
            "seven_async.campaign.sinks.journal_sink": ("JournalSink",),
            "seven_async.campaign.sinks.opt_out_sink": ("OptOutSink",),
            "seven_async.campaign.sinks.reply_words": (
                "START_WORDS",
                "STOP_WORDS",
            ),
            "seven_async.campaign.workers.chunk": ("work_chunk",),
            "seven_async.campaign.workers.worker": ("Worker",),
        },
    )
