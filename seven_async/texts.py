"""What a text is: whether UTF-8 carries it, whether it is an address, its words, its fingerprint.

In: a text. Out: an answer, or a text that can be written. No I/O.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

_blank: Final = re.compile(r"[\s\x00-\x20\x7f]")


def is_encodable(text: str) -> bool:
    """Tell whether UTF-8 carries a text; half of a surrogate pair (half an emoji) it does not."""
    if text.isascii():  # nearly all keys and most texts
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_encodable(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def without_nul(text: str) -> str:
    """Return a text with U+FFFD for each U+0000, which PostgreSQL keeps in no text."""
    return text.replace("\0", "\ufffd")


def text_mark(text: object) -> str | None:
    """Return a fingerprint of a text that is equal where only blanks and composition differ.

    None for what is no text. The text cannot be read from it.
    """
    if not isinstance(text, str):
        return None
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def fold(text: str) -> str:
    """Return the words of a text as they compare: small letters and digits, without accents."""
    # Decomposed first: bold letters (𝐒𝐓𝐎𝐏) have no small ones, but those that they stand for have.
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = (each if each.isalnum() else " " for each in plain if not unicodedata.combining(each))
    return " ".join("".join(letters).split())


def has_blank(text: str) -> bool:
    """Tell whether a blank, line break or control character stands in a text."""
    return _blank.search(text) is not None


def is_web_address(text: str) -> bool:
    """Tell whether a text is a whole URL with `http://` or `https://` and a host."""
    # urlsplit() removes line breaks and tabs silently, so they are asked for first.
    if not text.startswith(("http://", "https://")) or has_blank(text) or not is_encodable(text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # an open bracket, a port that is none, a label of 64 letters
        return False
    return host != "" and port != 0
