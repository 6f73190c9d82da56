"""Encodings without a mark: tables of other countries in, their names or a question out."""

from __future__ import annotations

import sys

import pytest

from seven_async.errors import InvalidRequestError

WORDS = {
    "cp1250": "Łukasz Żółć Gdańsk Łódź Wrocław Dvořák Plzeň Jiří",
    "cp1251": "Иван Сергей Москва Казань Ольга",
    "cp1252": "Müller Jörg Köln Straße Zoë François Hélène Weiß",
    "cp1253": "Γιώργος Αθήνα Θεσσαλονίκη Πάτρα Ελένη",
    "cp1254": "Gökhan Şahin Yıldız Ağrı İstanbul Işık",
    "mac-roman": "Müller Jörg Köln Düsseldorf Björn Hélène",
    "cp850": "Müller Jörg Köln Düsseldorf Björn Günther",
}


def table(words: str, encoding: str) -> bytes:
    """A table with a row for each word."""
    rows = (f"{word};+4860123{place:04}\n" for place, word in enumerate(words.split()))
    return ("name;phone\n" + "".join(rows)).encode(encoding)


@pytest.mark.parametrize("encoding", WORDS)
def test_encoding_told_by_the_detector(people, encoding: str):
    """Names of Eastern Europe, of a Mac and of DOS are read as they were written."""
    messages = people(table(WORDS[encoding], encoding), text="{name}")

    assert WORDS[encoding].split() == [message.text for message in messages]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("José Peña Málaga Íñigo", "cp1252"),
        ("Hélène François Nîmes Angèle", "cp1252"),
        ("João Conceição Évora Simões", "cp1252"),
        ("Müller Weiß Köln", "cp1252"),
        ("Dvořák Černý Plzeň Růžička", "cp1250"),
        ("Иван Сергей Москва", "cp1251"),
    ],
)
def test_encoding_told_without_the_detector(people, monkeypatch, words: str, encoding: str):
    """Letters that no language has side by side rule an encoding out, without the extra `csv`."""
    monkeypatch.setitem(sys.modules, "chardet", None)
    messages = people(table(words, encoding), text="{name}")

    assert words.split() == [message.text for message in messages]


@pytest.mark.parametrize(
    ("words", "encoding", "readings"),
    [
        ("Erdős", "cp1250", ["'õ' in cp1252", "'ő' in cp1250"]),
        ("Peña", "cp1252", ["'ñ' in cp1252", "'ń' in cp1250"]),
        ("Ağa", "cp1254", ["'ð' in cp1252", "'ğ' in cp1254"]),
    ],
)
def test_encoding_that_cannot_be_told(
    people, monkeypatch, words: str, encoding: str, readings: list[str]
):
    """Where two readings are possible the encoding is asked for, with letters that differ."""
    monkeypatch.setitem(sys.modules, "chardet", None)
    with pytest.raises(InvalidRequestError) as refused:
        people(table(words, encoding)).check()

    assert refused.value.line == 2
    assert [] == [reading for reading in readings if reading not in str(refused.value)]
    assert words not in str(refused.value)
    assert "say encoding='cp1252' or another" in str(refused.value)


@pytest.mark.parametrize("encoding", ["cp1250", "cp1252", "mac-roman"])
def test_encoding_asked_for_is_not_doubted(people, encoding: str):
    """What the caller says is taken, also where the words look odd in it."""
    messages = people(table("Łukasz", "cp1250"), text="{name}", encoding=encoding)

    assert ["Łukasz".encode("cp1250").decode(encoding)] == [message.text for message in messages]


def test_heading_in_an_encoding_of_eastern_europe(people):
    """The names of columns are read as the rows are."""
    written = "imię;numer;płeć;phone\nŁukasz;1;m;+48601234567\nGrażyna;2;k;+48601234568\n"
    messages = people(written.encode("cp1250"), text="{imię}")

    assert ("imię", "numer", "płeć", "phone") == messages.columns
    assert ["Łukasz", "Grażyna"] == [message.text for message in messages]


def test_heading_that_later_rows_read_otherwise(people, monkeypatch):
    """A heading taken for Western before the rows say otherwise is asked about, not kept wrong."""
    monkeypatch.setitem(sys.modules, "chardet", None)
    rows = "".join(f"Anna;{line};+48600{line:06}\n" for line in range(70_000))
    east = "Łódź;1;+48601234567\nŻółć;2;+48601234568\nGdańsk;3;+48601234569\n"
    messages = people(f"imiê;n;phone\n{rows}".encode("cp1252") + east.encode("cp1250"))
    with pytest.raises(InvalidRequestError, match="the encoding cannot be told for certain"):
        messages.check()


@pytest.mark.parametrize("text", ["Anna\u00a0M", "D’Arcy", "“Anna” – 5 €", "n° 5 · Weiß…", "¿Qué?"])
def test_signs_between_words(people, text: str):
    """Typographic signs and blanks of Windows are no letters of another encoding."""
    messages = people(f"name;phone\n{text};+491713920011\n".encode("cp1252"), text="{name}")

    assert [text] == [message.text for message in messages]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [("田中 佐藤 鈴木", "cp932"), ("张伟 王芳 李娜", "gb18030"), ("김민준 이서연", "cp949")],
)
def test_encodings_of_east_asia(people, words: str, encoding: str):
    """An encoding of more than a byte a letter is asked for, never read as letters of another."""
    with pytest.raises(InvalidRequestError, match="the encoding cannot be told for certain"):
        people(table(words, encoding)).check()

    assert words.split() == [
        message.text for message in people(table(words, encoding), text="{name}", encoding=encoding)
    ]


def test_hint_at_the_extra(people, monkeypatch):
    """Without the detector the question says how to get it."""
    monkeypatch.setattr("seven_async.campaign.inputs.csv_encoding.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "chardet", None)
    with pytest.raises(InvalidRequestError, match=r"pip install 'seven-async\[csv\]'"):
        people(table("Peña", "cp1252")).check()
