"""Placeholders: a text, columns and a row in, the row's text out; no I/O."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign.inputs.template import Template
from seven_async.errors import InvalidRequestError

COLUMNS = ("first_name", "phone", "Straße & Nr.", "a.b", "n[0]")
ROW = ("Anna", "0171", "Weg 1", "dotted", "indexed")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {first_name}", "Hi Anna"),
        ("{first_name}{first_name} {phone}", "AnnaAnna 0171"),
        ("{ first_name }", "Anna"),
        ("{Straße & Nr.}", "Weg 1"),
        ("{a.b} {n[0]}", "dotted indexed"),
        ("{{last_name}}", "{last_name}"),
        ("{{{first_name}}}", "{Anna}"),
        ("100 % %s %(x)d {phone}", "100 % %s %(x)d 0171"),
        ("[[file]]", "[[file]]"),
        ("", ""),
    ],
)
def test_filled(source: str, text: str):
    """A placeholder is a column's name and nothing else; doubled braces are braces."""
    assert text == Template.compile(source, COLUMNS).fill(ROW)


def test_values_lose_the_spaces_around_them():
    """What a spreadsheet leaves around a value does not go into the text."""
    assert "Hi Anna!" == Template.compile("Hi {first_name}!", COLUMNS).fill([" Anna\t"])


@pytest.mark.parametrize(
    ("source", "row", "text"),
    [
        ("Hi {first_name|there}!", ("Anna", "", ""), "Hi Anna!"),
        ("Hi {first_name|there}!", ("", "", ""), "Hi there!"),
        ("Hi {first_name|there}!", (" \t", "", ""), "Hi there!"),
        ("Hi {first_name|there}!", ("0", "", ""), "Hi 0!"),
        ("Hi{first_name| there, friend }!", ("", "", ""), "Hi there, friend !"),
        ("Hi {first_name|}!", ("", "", ""), "Hi !"),
        ("{ first_name |you | all}", ("", "", ""), "you | all"),
        ("{first_name|100 %s}", ("", "", ""), "100 %s"),
        ("{a|b}", ("", "", "piped"), "piped"),
        ("{a|b}", ("", "", ""), ""),
        ("{a|b|c}", ("", "", ""), "c"),
        ("{a|b|c|d}", ("", "", ""), "c|d"),
        ("{{second|there}}", ("", "", ""), "{second|there}"),
        ("{first_name|there} {first_name|you}{first_name}", ("", "", ""), "there you"),
    ],
)
def test_default(source: str, row: tuple[str, ...], text: str):
    """What stands behind the bar is the text for an empty value, up to the brace, as it stands."""
    assert text == Template.compile(source, ("first_name", "phone", "a|b")).fill(row)


def test_default_is_no_template():
    """A default says what it says; no other column is filled into it."""
    with pytest.raises(InvalidRequestError, match=r"a single '.' at character 4;"):
        Template.compile("Hi {first_name|{phone}}", COLUMNS)


def test_unknown_column_with_a_default():
    """The error names the column that is missing, without the default."""
    with pytest.raises(InvalidRequestError) as refused:
        Template.compile("Hi {frist_name|there}", COLUMNS)

    assert "there is no column 'frist_name'" in str(refused.value)
    assert "did you mean {first_name}?" in str(refused.value)


def test_braces_in_a_value_are_no_placeholders():
    """What a row says is never read as a template."""
    assert "Hi {phone}" == Template.compile("Hi {first_name}", COLUMNS).fill(["{phone}"])


@pytest.mark.parametrize(
    "name",
    [
        "last_name",
        "",
        "First_name",
        "first_name!r",
        "first_name:>10",
        "phone.__class__",
        "phone[0]",
    ],
)
def test_unknown_column(name: str):
    """A placeholder that is no column is refused, with its name and the names there are."""
    with pytest.raises(InvalidRequestError) as refused:
        Template.compile(f"Hi {{{name}}}", ("first_name", "phone"), option="label")

    assert str(refused.value).startswith(
        f"label: there is no column {name!r}; the columns are first_name, phone"
    )


@pytest.mark.parametrize(
    ("source", "position"), [("a {", 3), ("}", 1), ("{{phone}", 8), ("{phone}}", 8), ("{a{b}}", 1)]
)
def test_single_brace(source: str, position: int):
    """A brace without its other half is refused, with the place it stands at."""
    with pytest.raises(InvalidRequestError, match=rf"a single '.' at character {position};"):
        Template.compile(source, ("phone", "b"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("First name", "first_name"),
        ("FIRST_NAME", "first_name"),
        ("frist_name", "first_name"),
        ("Phone", "phone"),
        ("Strasse & Nr", "Straße & Nr."),
    ],
)
def test_other_spelling_of_a_column(name: str, meant: str):
    """A name that is nearly a column's is refused with the name that may be meant."""
    with pytest.raises(InvalidRequestError) as refused:
        Template.compile(f"Hi {{{name}}}", COLUMNS)

    assert f"did you mean {{{meant}}}?" in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "{{first_name}}",
        "{{ First Name }}",
        "*|FIRST_NAME|*",
        "[first name]",
        "<first_name>",
        "<<First_Name>>",
        "«first_name»",
        "%first_name%",
        "%%FIRST_NAME%%",
        "%(first_name)s",
        "##first_name##",
        "$first_name",
    ],
)
def test_column_in_the_notation_of_another_program(written: str):
    """A placeholder of another program would go out as it stands; the error has the right one."""
    with pytest.raises(InvalidRequestError) as refused:
        Template.compile(f"Hi {written}!", COLUMNS)

    assert f"{written!r} would be sent as it is; write {{first_name}}" in str(refused.value)


@pytest.mark.parametrize(
    "written", ["{{first_name|there}}", '{{ first_name | default: "there" }}', "%First Name|you%"]
)
def test_default_in_the_notation_of_another_program(written: str):
    """A default of another program is told how it is written here."""
    with pytest.raises(InvalidRequestError) as refused:
        Template.compile(f"Hi {written}!", COLUMNS)

    assert f"{written!r} would be sent as it is" in str(refused.value)
    assert "{first_name|there} for one with a default" in str(refused.value)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("you owe ${phone}", "you owe $0171"),
        ("[{first_name}] <{first_name}>", "[Anna] <Anna>"),
        ("100% of {phone}% [sic] <3 $5", "100% of 0171% [sic] <3 $5"),
        ("[[phone]]", "[[phone]]"),
        ("{{{{phone}}}}", "{{phone}}"),
    ],
)
def test_signs_that_are_no_placeholders(source: str, text: str):
    """Brackets, dollars and percents that name no column are text, as are the gateway's [[…]]."""
    assert text == Template.compile(source, COLUMNS).fill(ROW)


def test_blanks_that_are_not_seen():
    """Non-breaking and zero-width blanks in a placeholder do not matter."""
    assert "Anna" == Template.compile("{\u200bfirst\u00a0name }", ["first name"]).fill(["Anna"])


def test_constant():
    """A text without placeholders is the same for every row."""
    constant, changing = (Template.compile(each, COLUMNS) for each in ("{{a}}", "{phone}"))

    assert (True, False) == (constant.is_constant, changing.is_constant)


def test_columns_in_the_order_of_the_text():
    """The template knows which columns it asks for."""
    assert ("phone", "first_name") == Template.compile("{phone} {first_name}", COLUMNS).columns


@given(st.text(max_size=40))
def test_escaped_text_comes_out_as_it_was(text: str):
    """Any text survives, once its braces are doubled."""
    escaped = text.replace("{", "{{").replace("}", "}}")

    # No column here: its name in doubled braces is refused.
    assert text == Template.compile(escaped, ()).fill(ROW)


@given(st.text(max_size=40))
def test_any_value_fills_in_as_it_is(value: str):
    """A value goes into the text unchanged but for the spaces around it."""
    assert f"<{value.strip()}>" == Template.compile("<{x}>", ("x",)).fill((value,))
