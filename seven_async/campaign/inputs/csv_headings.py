"""What the headings of a table mean: which column has the numbers, which one a name stands for.

In: the first row of a table. Out: names of columns. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import IntEnum
from functools import lru_cache
from typing import Final

from seven_async.texts import fold

_blanks: Final = re.compile(r"\s+")

# What is not seen, and comes along from web pages and word processors.
_invisible: Final = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


class Holds(IntEnum):
    """What a column holds by its heading, the best first."""

    MOBILE = 1
    PHONE = 2
    """Numbers of any kind."""

    OTHER_PHONE = 3
    """Numbers of another place or person: at home, at the office, of an assistant."""


def clean_heading(heading: str) -> str:
    """Return a heading with plain blanks, without characters that are not seen."""
    return _blanks.sub(" ", _invisible.sub("", heading)).strip()


def find_column(name: str, columns: Sequence[str]) -> str | None:
    """Return the column of a name; blanks of any kind around and in it do not matter."""
    cleaned = clean_heading(name)
    return next((each for each in (name, cleaned) if each and each in columns), None)


def similar_column(name: str, columns: Iterable[str], *, cutoff: float = 0.75) -> str | None:
    """Return the column that a name may mean: in another case, with other signs, misspelt.

    `cutoff` is how much of it has to be the same; with 1 every letter and digit.
    """
    by_letters = {_letters(column): column for column in columns}
    letters = _letters(name)
    close = get_close_matches(letters, by_letters, n=1, cutoff=cutoff) if letters else []
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return fold(clean_heading(name)).replace(" ", "")


@lru_cache(maxsize=1024)
def holds(heading: str) -> Holds | None:
    """Return what a column holds by its heading; None for anything but numbers of phones.

    Every word has to be known: `Mobile Phone` has numbers, `Mobile Carrier` and `Phone 1 - Label`
    have none.
    """
    words = _words(heading)
    if not words <= _EVERY_WORD:
        return None
    has_phone = bool(words & _PHONE)
    if words & _MOBILE or (words & _SERVICES and (has_phone or words & _NUMBER)):
        return Holds.MOBILE
    if words & _PLACE:
        return Holds.OTHER_PHONE if has_phone else None
    return Holds.PHONE if has_phone or words & _RECIPIENT else None


def is_header(row: Sequence[str], columns: Sequence[str]) -> bool:
    """Tell whether a row names columns: a phone and half of those known."""
    names = [clean_heading(value).casefold() for value in row if value.strip()]
    known = {column.casefold() for column in columns}
    same = sum(name in known for name in names)
    return same >= 2 and same * 2 >= len(names) and any(map(holds, names))


def names_phone(heading: str) -> bool:
    """Tell whether any word of a heading says phone, so that a question may offer it."""
    return bool(_words(heading) & (_MOBILE | _PHONE | _SERVICES))


def _words(heading: str) -> frozenset[str]:
    """Return the words of a heading in small letters without accents: `mobilePhone` has two."""
    text = clean_heading(heading).replace("iPhone", "iphone")
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(word for word in fold(parted).split() if not word.isdigit())


def _words_in(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBER: Final = _words_in("number numbers no nr nummer num numero")
_RECIPIENT: Final = _words_in(
    "to recipient recipients empfanger empfaenger destinatario destinataire number nummer "
    "numero msisdn rufnummer"
)
_MOBILE: Final = _words_in(
    "mobile mobil mobilephone mobilenumber mobileno mobilnummer mobilnr mobiltelefon "
    "mobilfunk mobiltelefonnummer mobilfunknummer mobiele mobilni mobiltlf cell cellphone "
    "cellnumber cellular gsm handy handynummer handynr natel iphone movil celular cellulare "
    "portable telemovel komorka komorkowy matkapuhelin"
)
_PHONE: Final = _words_in(
    "phone phones phonenumber phonenumbers phoneno phonenr tel tels telefon telefonnummer "
    "telefonnr telephone telephonenumber telefono telefone telefoon telefoonnummer telephon "
    "telephonnummer tlf fon"
)
_SERVICES: Final = _words_in("sms whatsapp")
_PLACE: Final = _words_in(
    "home business work office company main primary other secondary second alternate "
    "alternative additional car radio assistant assistants s callback direct default address "
    "billing shipping customer contact lead person private personal emergency fixed landline "
    "tty tdd privat geschaftlich geschaeftlich dienstlich firma buro buero zentrale haupt "
    "weiteres festnetz arbeit domicile bureau travail prive fixe professionnel trabajo casa "
    "particular fijo oficina lavoro ufficio abitazione fisso werk thuis zakelijk vast"
)
_FILLER: Final = _words_in("n de di do da del value wert")
_EVERY_WORD: Final = _NUMBER | _RECIPIENT | _MOBILE | _PHONE | _SERVICES | _PLACE | _FILLER
