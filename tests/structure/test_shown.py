"""Every public name is shown in use (the rule: CONTRIBUTING.md, below "Documents")."""

from __future__ import annotations

import pytest

from seven_async import HookChanges
from seven_async.mcp import Allowed
from seven_async.otp import OtpStore
from seven_async.receivers import InboxError
from seven_async.webhooks import DeliveryTracker, InboundSms, parse_event
from tests.structure.shown import (
    find_examples,
    find_unshown,
    public_names,
    read_example,
    words_in_prose,
)

CALLED_BY_THE_PACKAGE = {
    "AsyncSeven.pages": "what lists in pages are made with",
    "Seven.pages": "the same",
    "Clock.read": "what calls and campaigns measure with",
    "HookSpec.matches": "what `sync_hooks` compares with",
    "RcsCard.to_content": "what a request is written with",
    "OptOutList.refresh": "a campaign calls it for each kind of list",
    "QuietHours.opens_at": "a campaign asks it before each message",
    "QuietHours.zones_of": "the same",
    "OtpLimits.rates_of": "what caps are counted with",
    "Inbox.fail": "a receiver calls it",
    "Inbox.find_waiting": "the same",
    "Inbox.finish": "the same",
    "Fault.is_about": "the sandbox asks it of each call",
    "Fault.try_hit": "the same",
    "Ledger.add": "the sandbox calls it",
    "Ledger.entries_to": "the same; users have `find`",
    "Ledger.has_entries_to": "the same",
    "Ledger.newest_first": "the same",
    "LedgerEntry.is_match": "what `find` compares with",
    "LedgerEntry.next_change": "the sandbox's page asks it",
    "WebhookVerifier.begin": "a receiver calls it",
    "WebhookVerifier.finish": "the same",
    "WebhookVerifier.now": "the same",
    "WebhookVerifier.query_of_event": "the same",
    "WebhookVerifier.with_nonces": "the same",
    "Token.of_reply": "what a login is read with",
}
"""Methods that need no example, since no program calls them."""


def unshown() -> list[str]:
    """The public names without an example."""
    return find_unshown(public_names(), list(find_examples()), words_in_prose())


def test_every_public_name_is_shown():
    """A reader who looks for a name sees it in use, or which method gives it."""
    names = [".".join(name.split(".")[-2:]) for name in unshown() if name[-8:] != ".to_wire"]

    assert sorted(CALLED_BY_THE_PACKAGE) == sorted(names)


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("DeliveryTracker()", ["parse_event", "DeliveryTracker.update"]),
        ("parse_event()\nDeliveryTracker().update()", []),
        ("parse_event()", ["DeliveryTracker", "DeliveryTracker.update"]),
        ("parse_event, DeliveryTracker", ["parse_event", "DeliveryTracker.update"]),
    ],
)
def test_name_without_an_example_is_told(code: str, missing: list[str]):
    """A class is made, a function and a method are called; what they give counts with them."""
    names = {"a.parse_event": parse_event, "a.DeliveryTracker": DeliveryTracker}
    example = read_example(f"{code}\ntracker.state, tracker.is_final", "DeliveryTracker")

    assert [f"a.{name}" for name in missing] == find_unshown(names, [example], set())


def test_result_counts_with_what_gives_it():
    """An event is shown with the function that gives it, by way of the alias for all of them."""
    names = {"a.parse_event": parse_event, "a.Event": InboundSms | None, "a.InboundSms": InboundSms}
    methods = read_example("event.to_dict, event.to_json", "InboundSms")

    assert [] == find_unshown(names, [methods, read_example("parse_event()")], set())
    assert [*names] == find_unshown(names, [methods], set())


def test_errors_and_choices_are_told_in_sentences():
    """Of an error and a choice it is enough that a page names it; of a class it is not."""
    names = {"a.InboxError": InboxError, "a.Allowed": Allowed, "a.HookChanges": HookChanges}
    prose = {"InboxError", "Allowed", "HookChanges"}

    assert ["a.HookChanges"] == find_unshown(names, [], prose)
    assert sorted(names) == sorted(find_unshown(names, [], set()))


def test_protocol_is_shown_by_what_implements_it():
    """A protocol needs a class that has its methods; these the package calls itself."""
    names = {"a.OtpStore": OtpStore}
    implemented = read_example("class ShelfStore:\n    def update(self): ...")

    assert ["a.OtpStore"] == find_unshown(names, [read_example("store: OtpStore")], set())
    assert [] == find_unshown(names, [implemented], set())
