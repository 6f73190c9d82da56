"""Counting segments: texts in, numbers and parts out; no I/O."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.sms_segments import Encoding, ForcingCharacter, segments, split

GSM_LETTERS = "abcÄöüßéà@£¥ΔΩ0123 \n\r^|€{}[]~\\"
gsm_texts = st.text(alphabet=GSM_LETTERS, max_size=700)
ucs2_texts = st.text(alphabet="aб漢😀👩🏽‍🚀€", max_size=300)
texts = gsm_texts | ucs2_texts | st.text(max_size=400)


def septets(text: str) -> int:
    """The size of a GSM-7 text, counted the slow way."""
    return sum(2 if character in "^|€{}[]~\\" else 1 for character in text)


def utf16_units(text: str) -> int:
    """The size of a UCS-2 text, counted the slow way."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "count", "units", "units_left"),
    [
        ("", 0, 0, 160),
        ("a", 1, 1, 159),
        ("a" * 160, 1, 160, 0),
        ("a" * 161, 2, 161, 145),
        ("a" * 306, 2, 306, 0),
        ("a" * 307, 3, 307, 152),
        ("€" * 80, 1, 160, 0),
        ("€" * 80 + "a", 2, 161, 144),
        ("a" * 152 + "€" + "a" * 152, 3, 306, 152),
        ("a" * 1520, 10, 1520, 10),
    ],
)
def test_gsm_text(text: str, count: int, units: int, units_left: int):
    """GSM-7 has 160 septets in one segment, 153 in each of several, extension characters two."""
    counted = segments(text)

    assert (Encoding.GSM, count, units, units_left) == (
        counted.encoding,
        counted.count,
        counted.units,
        counted.units_left,
    )


@pytest.mark.parametrize(
    ("text", "count", "units", "units_left"),
    [
        ("б", 1, 1, 69),
        ("б" * 70, 1, 70, 0),
        ("б" * 71, 2, 71, 63),
        ("б" * 134, 2, 134, 0),
        ("б" * 135, 3, 135, 66),
        ("😀" * 35, 1, 70, 0),
        ("😀" * 36, 2, 72, 61),
        ("б" * 66 + "😀" * 34, 3, 134, 65),
        ("€" * 69 + "б", 1, 70, 0),
        ("\x1b", 1, 1, 69),
        ("\f", 1, 1, 69),
    ],
)
def test_ucs2_text(text: str, count: int, units: int, units_left: int):
    """UCS-2 has 70 UTF-16 units in one segment, 67 in each of several, an emoji takes two."""
    counted = segments(text)

    assert (Encoding.UCS2, count, units, units_left) == (
        counted.encoding,
        counted.count,
        counted.units,
        counted.units_left,
    )


def test_extension_character_at_the_boundary():
    """An extension character that would straddle two parts goes to the second as a whole."""
    assert ("a" * 152, "€" + "b" * 20) == split("a" * 152 + "€" + "b" * 20)


def test_surrogate_pair_at_the_boundary():
    """A character of two UTF-16 units that would straddle two parts goes to the second."""
    assert ("б" * 66, "😀" + "б" * 20) == split("б" * 66 + "😀" + "б" * 20)


def test_lone_surrogates_are_one_unit_each():
    """Half a pair is counted and kept in its part, and does not shift a boundary."""
    text = "\ud83d" * 80

    assert (2, ("\ud83d" * 67, "\ud83d" * 13)) == (segments(text).count, split(text))


@given(texts)
def test_parts_join_to_the_text(text: str):
    """No character is lost, added or moved by splitting."""
    assert text == "".join(split(text))


@given(texts)
def test_count_is_the_number_of_parts(text: str):
    """Counting and splitting agree."""
    assert len(split(text)) == segments(text).count


@given(texts)
def test_every_part_fits(text: str):
    """A part never takes more than a segment holds, and only the last may have room for more."""
    counted, parts = segments(text), split(text)
    is_gsm = counted.encoding is Encoding.GSM
    size, single, several = (septets, 160, 153) if is_gsm else (utf16_units, 70, 67)
    room = single if len(parts) < 2 else several
    fits = [size(part) <= room for part in parts]
    full = [size(part) >= room - 1 for part in parts[:-1]]

    assert (True, True) == (all(fits), all(full))


@given(texts)
def test_units_and_room_add_up(text: str):
    """The units are those of the text, and the room is that of the last part."""
    counted = segments(text)
    size = septets if counted.encoding is Encoding.GSM else utf16_units
    single, several = (160, 153) if counted.encoding is Encoding.GSM else (70, 67)
    last = split(text)[-1:] or ("",)
    room = single if counted.count < 2 else several

    assert (size(text), room - size(last[0])) == (counted.units, counted.units_left)


@given(texts, st.text(max_size=20))
def test_more_text_never_makes_fewer_segments(text: str, more: str):
    """Counting is monotone in the text."""
    assert segments(text).count <= segments(text + more).count


@given(texts)
def test_suggestion_saves_a_segment(text: str):
    """A suggestion always makes fewer segments, and is itself not improved further."""
    suggestion = segments(text).suggestion

    assert suggestion is None or (
        segments(suggestion).count < segments(text).count
        and segments(suggestion).suggestion is None
    )


@given(texts)
def test_forcing_characters_explain_the_encoding(text: str):
    """Without the characters named, the text is GSM-7; without any named, it already is."""
    counted = segments(text)
    forcing = counted.characters_forcing_ucs2
    named = {(each.character, index) for each in forcing for index in each.indices}
    rest = "".join(character for at, character in enumerate(text) if (character, at) not in named)

    assert (Encoding.GSM, bool(forcing)) == (
        segments(rest).encoding,
        counted.encoding is Encoding.UCS2,
    )


def test_forcing_characters_are_listed_once_with_their_places():
    """Every character outside GSM-7 is named once, in order, with each place it stands at."""
    expected = (ForcingCharacter("“", (0,)), ForcingCharacter("”", (4, 7)))

    assert expected == segments("“abc” d”").characters_forcing_ucs2


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("“Hi” – it’s spring…\u00a0" + "a" * 60, '"Hi" - it\'s spring... ' + "a" * 60),
        ("u\u0308" * 100, "ü" * 100),
        ("\u200b" + "a" * 100, "a" * 100),
        ("–" + "б" * 80, None),
        ("“Hi”", None),
        ("a" * 200, None),
    ],
    ids=["typographic", "accents", "invisible", "still UCS-2", "already one", "already GSM-7"],
)
def test_suggestion(text: str, suggestion: str | None):
    """Look-alikes are suggested when, and only when, they make fewer segments."""
    assert suggestion == segments(text).suggestion


@pytest.mark.parametrize(
    "invisible",
    "\x00\x1b\x7f\x9d\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u202e\u2060\u2063\u2066\u2069"
    "\u3164\ufe0f\ufeff\uffa0\U000e0020\U000e007f",
    ids=ascii,
)
def test_an_invisible_character_is_left_out(invisible: str):
    """What shows nothing of itself must not double the price of a text in GSM-7."""
    text = "Mit besten Grüßen aus der Werkstatt. " * 3

    assert text == segments(text + invisible).suggestion
    assert text == segments(invisible + text).suggestion


@pytest.mark.parametrize("text", ["می\u200cخواهم " * 8, "❤\ufe0f" * 36, "1\ufe0f\u20e3" * 25])
def test_what_shapes_other_characters_stays(text: str):
    """A joiner or selector is part of the writing where the text is in UCS-2 anyway."""
    assert segments(text).suggestion is None


def test_emoji_sequence_is_not_taken_apart():
    """The joiner inside an emoji is no invisible typography: nothing is suggested without it."""
    assert segments("👩\u200d🚀" * 20).suggestion is None


def test_repr_hides_the_text():
    """The repr shows numbers only, neither the text nor the characters of it."""
    shown = repr(segments("geheim “x”"))

    assert "Segments(encoding=<Encoding.UCS2: 'ucs2'>, count=1, units=10, units_left=60)" == shown


def test_value_semantics():
    """Counts compare, hash and pickle like the plain values they are."""
    counted = segments("Hi")

    assert (counted, hash(counted)) == (pickle.loads(pickle.dumps(counted)), hash(segments("Hi")))
