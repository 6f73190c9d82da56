"""The public API changes when somebody means it to, and users are told."""

from __future__ import annotations

from tests.structure.imports import ROOT
from tests.structure.public_api import current_lines, parameters, recorded_lines, unnamed

CHANGELOG = "# Changelog\n\n## [0.2.0]\n- `AsyncSeven.warmup()` is new.\n\n## [0.1.0]\n- `old`\n"


def test_public_api_is_the_recorded_one():
    """Whoever changes it names that in CHANGELOG.md, and records it by the command below."""
    record, now = set(recorded_lines()), set(current_lines())
    command = "python -m tests.structure.public_api --write"
    missing = unnamed(record ^ now, (ROOT / "CHANGELOG.md").read_text("utf-8"))

    assert ([], []) == (sorted(record - now), sorted(now - record)), command
    assert [] == missing


def test_record_has_what_users_write():
    """Clients, methods, options, events, errors and words are in it."""
    lines = set(recorded_lines())

    assert len(lines) > 1_000
    assert (
        set()
        == {
            "seven_async.webhooks.parse_event(*, method='POST', headers=…, query='', body=…)",
            "seven_async.Outcome.UNKNOWN",
            "seven_async.otp.OneTimePasswords.verify(to, code, *, purpose)",
            "seven_async.errors.ApiError",
            "seven_async.Options.timeout_s",
        }
        - lines
    )
    assert any(line.startswith("sms.send(to, text, *, from_=None") for line in lines)


def test_change_without_a_word_in_the_changelog_is_told():
    """The newest section counts, and a name in backticks."""
    changed = {"seven_async.AsyncSeven.warmup()", "seven_async.Seven.old()", "sms.send(to)"}

    assert ["seven_async.Seven.old()", "sms.send(to)"] == unnamed(changed, CHANGELOG)


def test_parameters_are_written_by_name_and_kind():
    """A default that is no simple value is three dots: its spelling differs between versions."""

    def function(first, /, second, *, third=None, fourth=object, **rest): ...

    assert "(first, /, second, *, third=None, fourth=…, **rest)" == parameters(function)
