"""How a campaign begins and goes on: what is asked before, the run, what is told after.

In: the words of a command. Out: an exit status. I/O: the file, the journal, the gateway,
a terminal.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import anyio
import attrs
import typer

from seven_async.campaign import CampaignJournal, CsvMessages, StoreTexts
from seven_async.cli.campaign.begin_options import BeginOptions, ResumeOptions
from seven_async.cli.campaign.journals import choose_journal, resume_command
from seven_async.cli.campaign.many import check_served_once, load_and_send
from seven_async.cli.campaign.memory import Change, find_changes, merge, to_notes
from seven_async.cli.campaign.options import SendOptions
from seven_async.cli.campaign.question import ask, is_interactive, show_plan
from seven_async.cli.campaign.run import Job, RunResult, run
from seven_async.cli.campaign.summary import show_refused, show_sum
from seven_async.cli.exit_status import EXIT_DONE, EXIT_NOT_SENT
from seven_async.cli.json_lines import keep_output_for_json, write_object
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError

_NOTHING_SENT = "; nothing was sent"


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def begin_in_database(file: Path, options: BeginOptions, address: str, workers: int) -> NoReturn:
    """Send a file by way of a database: show the plan, ask, load, and have processes send it."""
    if options.no_journal or options.as_json:
        raise InvalidRequestError("--no-journal and --json are not for a database")
    check_served_once(options)
    messages = options.read_messages(file)
    show_refused(file, messages)
    _check_strict(messages, options)
    job = _build_job(options.name or file.stem, messages, address, options, file)
    if options.plan_only or not (options.yes or not is_interactive()):
        show_plan(job, messages, options.text or "", options.from_)
    if options.plan_only:
        raise typer.Exit(EXIT_DONE)
    _ask_to_send(f"Send {count_of(messages.sendable, 'message')}?", options)
    load_and_send(job, messages, address, workers)


def begin(file: Path, options: BeginOptions, *, sandbox: bool) -> NoReturn:
    """Send a file: look for journals that know it, show the plan, ask, send, and sum up."""
    with keep_output_for_json(is_wanted=options.as_json):
        result = _begin(file, options, sandbox=sandbox)
    _end(result, options)


def _begin(file: Path, options: BeginOptions, *, sandbox: bool) -> RunResult:
    messages = options.read_messages(file)
    journal = choose_journal(file, messages, options, sandbox=sandbox)
    name = options.name or file.stem
    if journal is None and (options.on_failed_delivery or options.undelivered_after):
        raise InvalidRequestError(
            "--on-failed-delivery and --undelivered-after need a journal: a report comes after the "
            "run, and the next one acts on it"
        )
    if journal is not None and journal.exists():  # by --journal
        with CampaignJournal.open(journal) as opened:
            name = opened.name
            names = [field.name for field in attrs.fields(type(options))]
            _agree_to(find_changes(opened.notes, options, names), options)
    show_refused(file, messages)
    _check_strict(messages, options)
    job = _build_job(name, messages, journal, options, file, sandbox=sandbox)
    if options.plan_only or not (options.yes or sandbox or not is_interactive()):
        show_plan(job, messages, options.text or "", options.from_)
    if options.plan_only:
        raise typer.Exit(EXIT_DONE)
    _ask_to_send(f"Send {count_of(messages.sendable, 'message')}?", options, sandbox=sandbox)
    return _run(job)


def _check_strict(messages: CsvMessages, options: BeginOptions) -> None:
    if options.strict and messages.refused:
        refused = count_of(len(messages.refused), "row")
        raise InvalidRequestError(f"{refused} cannot be sent, and --strict is given{_NOTHING_SENT}")


def go_on(
    journal: CampaignJournal, file: Path | None, options: ResumeOptions, names: Sequence[str]
) -> NoReturn:
    """Go on with a campaign, or let it go on in the terminal where it was paused."""
    with keep_output_for_json(is_wanted=options.as_json):
        result = _go_on(journal, file, options, names)
    _end(result, options)


def _go_on(
    journal: CampaignJournal, file: Path | None, options: ResumeOptions, names: Sequence[str]
) -> RunResult:
    if journal.is_running:
        _unpause(journal)
    merged, changes = merge(journal.notes, options, names)
    if file is None and any(change.needs_file for change in changes):
        raise InvalidRequestError(
            f"another text or sender needs the file again: {resume_command(journal.path)} FILE …"
        )
    if file is None and merged.store_texts == StoreTexts.NEVER:
        raise InvalidRequestError(
            f"the journal keeps no texts; give the file, too: {resume_command(journal.path)} "
            f"{shlex.quote(_file_of(journal))}"
        )
    messages = None if file is None else _read_again(journal, file, merged)
    if messages is None and journal.needs_input:
        raise InvalidRequestError(
            f"the reading of the file was cut off, so that the journal has a part of it only; give "
            f"it again: {resume_command(journal.path)} {shlex.quote(_file_of(journal))}"
        )
    _tell_what_goes_on(journal, merged)
    _agree_to(changes, merged)
    job = _build_job(journal.name, messages, journal.path, merged, file)
    if merged.plan_only:
        if messages is not None and merged.text is not None:
            show_plan(job, messages, merged.text, merged.from_)
        raise typer.Exit(EXIT_DONE)
    waiting = journal.status()
    count = waiting.planned + waiting.in_doubt if messages is None else messages.sendable
    if count or merged.retry:
        _ask_to_send(f"Go on with {count_of(count, 'message')}?", merged)
    return _run(attrs.evolve(job, retry=tuple(merged.retry or ())))


def _file_of(journal: CampaignJournal) -> str:
    return str(journal.notes.get("file", "FILE"))


def _unpause(journal: CampaignJournal) -> NoReturn:
    if not journal.unpause():
        raise InvalidRequestError(
            f"{journal.name} is being sent by another process; see how far it is with: "
            f"seven campaign status {shlex.quote(str(journal.path))}"
        )
    say(f"{journal.name} goes on, in the process that was paused")
    raise typer.Exit(EXIT_DONE)


def _read_again(journal: CampaignJournal, file: Path, options: ResumeOptions) -> CsvMessages:
    if options.text is None and options.template is None:
        raise InvalidRequestError(
            f"{journal.path} does not say which text was sent; give it: --text …"
        )
    messages = options.read_messages(file)
    overlap = journal.count_known(messages)
    say(
        f"{file}: {count_of(overlap.looked_at, 'row')}, of which the journal knows "
        f"{overlap.known:,}"
    )
    show_refused(file, messages)
    if not overlap.known and overlap.messages and not (options.yes or is_interactive()):
        raise InvalidRequestError(
            f"the journal has nobody of {file}; if that is the file meant, give --yes"
            f"{_NOTHING_SENT}"
        )
    return messages


def _tell_what_goes_on(journal: CampaignJournal, options: ResumeOptions) -> None:
    status = journal.status()
    doubt = f", {status.in_doubt:,} in doubt" if status.in_doubt else ""
    say(
        f"{journal.name}: {count_of(status.total, 'message')}, {status.done:,} done, "
        f"{status.planned:,} to go{doubt}"
    )
    if options.text is not None:
        say(f"text: “{options.text}” from {options.from_ or 'the default sender of the account'}")


def _agree_to(changes: Iterable[Change], options: SendOptions) -> None:
    """Tell what is another option than before; raises unless that is agreed to."""
    serious = False
    for change in changes:
        complain(str(change))
        serious = serious or change.needs_consent
    if not serious or options.yes:
        return
    if not is_interactive():
        raise InvalidRequestError(f"with other options only with --yes{_NOTHING_SENT}")
    if not ask("Go on with these options?"):
        _end_unsent()


def _ask_to_send(question: str, options: SendOptions, *, sandbox: bool = False) -> None:
    if options.yes or sandbox or not is_interactive():
        return
    if not ask(question):
        _end_unsent()


def _end_unsent() -> NoReturn:
    complain("nothing was sent")
    raise typer.Exit(EXIT_NOT_SENT)


def _build_job(
    name: str,
    messages: CsvMessages | None,
    journal: Path | str | None,
    options: SendOptions,
    file: Path | None,
    *,
    sandbox: bool = False,
) -> Job:
    settings = {**options.settings(), "journal": journal, "notes": to_notes(file, options)}
    return Job(
        name=name,
        messages=messages,
        concurrency=options.concurrency,
        settings=settings,
        use_sandbox=sandbox,
    )


def _run(job: Job) -> RunResult:
    start = job.settings.get("start")
    if start is not None:
        say(f"nothing leaves before {start:%Y-%m-%d %H:%M %Z}")
    result = anyio.run(run, job)
    show_sum(result)
    return result


def _end(result: RunResult, options: SendOptions) -> NoReturn:
    if options.as_json:
        journal, error = result.job.journal, result.error
        write_object(
            run=result.to_report().to_json(),
            journal=None if journal is None else json.dumps(str(journal)),
            balance=None if result.balance is None else result.balance.to_json(),
            error=None if error is None else json.dumps(type(error).__name__),
            exit_status=str(result.status),
        )
    raise typer.Exit(result.status)
