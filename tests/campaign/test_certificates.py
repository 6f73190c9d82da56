"""A machine whose certificates are gone sends nothing, and loses nothing of the campaign."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seven_async import ConfigurationError, SendVoice, Seven
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox

MESSAGES = [SendVoice(f"+4917139200{place:02}", "x") for place in range(20)]


@pytest.mark.parametrize("has_journal", [True, False])
def test_certificates_that_are_gone_end_a_campaign_before_its_first_message(
    has_journal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No intent is written, so the next run has nobody in doubt: all are sent, once."""
    journal = tmp_path / "voice.db" if has_journal else None
    sandbox = Sandbox()
    monkeypatch.setenv("SSL_CERT_FILE", "/gone/cacert.pem")
    with (
        Seven(api_key=sandbox.api_key, base_url="https://127.0.0.1:9/api") as seven,
        Campaign(seven, journal=journal) as campaign,
        pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE names /gone/cacert\.pem"),
    ):
        list(campaign.send(MESSAGES))
    monkeypatch.delenv("SSL_CERT_FILE")
    before = message_count(journal)
    with Seven(**sandbox.options) as seven, Campaign(seven, journal=journal) as campaign:
        states = [str(entry.state) for entry in campaign.send(MESSAGES)]

    assert ["accepted"] * 20 == states
    assert 20 == len(sandbox.sent())
    assert 0 == before


def message_count(journal: Path | None) -> int:
    """How many messages a journal knows."""
    if journal is None:
        return 0
    with closing(sqlite3.connect(journal)) as database:
        count: int = database.execute("SELECT count(*) FROM message").fetchone()[0]
    return count
