"""Which one-byte encoding words are in: Windows, Macintosh or DOS, Western or Eastern.

In: the words of a file that are not ASCII. Out: a codec, or None where two readings are possible.
No I/O.

The detector is chardet (extra `csv`): on words like those of a table it was right more often than
charset-normalizer by far, which reads French, Spanish and Danish as an encoding of Eastern Europe.
Its answer counts only with a clear lead; short texts have none, and then the caller has to say it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import attrs

_WESTERN: Final = ("cp1252", "cp1250", "cp1254")
_USUAL: Final = (*_WESTERN, "mac-roman", "cp1251", "cp1253")
"""What spreadsheets write where UTF-8 is not asked for, the most frequent first."""

_RARE: Final = ("cp1257", "cp1255", "cp850", "cp852")
"""What may be meant if the detector is sure or no other codec is possible. Short Western words fit
these by chance, so that alone they raise no question."""

_LATIN: Final = frozenset((*_WESTERN, "mac-roman", "cp1257", "cp850", "cp852"))

_MOST_FOREIGN_LETTERS: Final = 2  # été has two of three; Łódź is an exception among others

_MOST_WORDS: Final = 2_000  # distinct ones: enough for the detector, and a bound for the memory

_FEWEST_BYTES: Final = 4  # of words: less says nothing of a language

# Share of words with an odd letter that a codec may have more than the best one: abbreviations and
# typing errors look odd in the right codec, too.
_TOLERANCE: Final = 0.02

# Where more of the words are odd in each codec, they are in none of them: Shift JIS, GB 18030.
_MOST_ODD: Final = 0.4

# Between the score of the best codec and the next that reads other letters (docs/csv.md has the
# measurement).
_CLEAR_LEAD: Final = 0.01
_CLEAR_LEAD_OF_FEW: Final = 0.03
_FEW_WORDS: Final = 3
_CLEAR_RATIO: Final = 1.2

_ASCII: Final = bytes(range(0x80))
_word: Final = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
# Signs that texts have between words, before and behind them. No word begins with £ or ends in ¿.
_between: Final = re.compile("[\u00a0’‘–—·…/]+")
_BEFORE: Final = "“„‘‚«‹¿¡•…"
_BEHIND: Final = "”“’»›…€°®™ªº"

_GREEK_ACCENTS: Final = frozenset("άέήίόύώΐΰΆΈΉΊΌΎΏ")

_ALPHABETS: Final = (
    ("greek", "\u0370", "\u03ff"),
    ("cyrillic", "\u0400", "\u04ff"),
    ("hebrew", "\u0590", "\u05ff"),
)

_LANGUAGES: Final = tuple(
    frozenset(letters)
    for letters in (
        "äöüß",  # German
        "àâæçéèêëîïôœùûüÿ",  # French
        "áéíñóúü",  # Spanish
        "àáâãçéêíóôõú",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "àçèéíïòóúü",  # Catalan
        "áéëíïóöúü",  # Dutch
        "åäöéü",  # Swedish, Finnish
        "æøåéöä",  # Danish, Norwegian
        "áæðéíóöúýþ",  # Icelandic
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîşţșț",  # Romanian
        "čćđšž",  # Croatian, Slovene
        "çğıi̇öşüâîû",  # Turkish; the dotted capital I is two letters in lower case
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "äõöüšž",  # Estonian
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",  # Russian, Bulgarian
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",  # Ukrainian
        "абвгдђежзијклљмнњопрстћуфхцчџш",  # Serbian
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",  # Greek
        "אבגדהוזחטיךכלםמןנסעףפץצקרשת",  # Hebrew
    )
)
"""Letters beyond ASCII by language. A wrong codec mixes those of several: Spanish ñ beside á
becomes ń beside á, which no language has."""

_EVERY_LETTER: Final = frozenset[str]().union(*_LANGUAGES)


@attrs.frozen
class LegacyWords:
    """The distinct words of a file that are not ASCII, and all such bytes of the file."""

    _words: set[bytes] = attrs.field(init=False, factory=set[bytes])
    _bytes: set[int] = attrs.field(init=False, factory=set[int])

    def add(self, text: bytes) -> None:
        """Take the words of a text."""
        self._bytes.update(text.translate(None, _ASCII))
        if len(self._words) < _MOST_WORDS:
            self._words.update(_word.findall(text))

    def find_encoding(self) -> str | None:
        """Return the codec that the words are in; None if they can be read in two ways."""
        candidates = self._plausible()
        scores = self._scores(candidates)
        best = self._leader(candidates, scores)
        if best is not None:
            return best
        if candidates[:1] and candidates[0] in _WESTERN:
            candidates = [codec for codec in candidates if codec in _USUAL]
            best = self._leader(candidates, scores)
        readings = {self._read_as(codec) for codec in candidates}
        return candidates[0] if len(readings) == 1 else best

    def question(self) -> tuple[int, list[tuple[str, str]]]:
        """Return a byte that codecs read differently, and each codec with the letter it reads."""
        codecs = self._plausible() or list(_USUAL)
        readings = {
            byte: [bytes((byte,)).decode(codec, "replace") for codec in codecs]
            for byte in sorted(self._bytes)
        }
        byte = max(readings, key=lambda byte: len(set(readings[byte])))
        letters: dict[str, str] = {}
        for codec, letter in zip(codecs, readings[byte], strict=True):
            letters.setdefault(letter, codec)
        return byte, [(codec, letter) for letter, codec in letters.items()]

    def _plausible(self) -> list[str]:
        """Return the codecs that make words of the fewest languages, the most frequent first."""
        odd = {codec: self._odd_share(codec) for codec in (*_USUAL, *_RARE)}
        known = {codec: share for codec, share in odd.items() if share is not None}
        least = min(known.values(), default=1.0)
        if least > _MOST_ODD:
            return []
        codecs = [codec for codec, share in known.items() if share <= least + _TOLERANCE]
        languages = {codec: self._languages(codec) for codec in codecs}
        usual = [languages[codec] for codec in codecs if codec in _USUAL]
        fewest = min(usual or languages.values(), default=(0, 0))
        codecs = [codec for codec in codecs if languages[codec] <= fewest]
        return [] if set(codecs[:1]) & _LATIN and self._is_of_another_script() else codecs

    def _is_of_another_script(self) -> bool:
        """Tell whether most words have hardly a letter of ASCII: Chinese or Japanese."""
        foreign = (len(word.translate(None, _ASCII)) for word in self._words)
        heavy = (
            count > _MOST_FOREIGN_LETTERS and count * 3 > len(word) * 2
            for count, word in zip(foreign, self._words, strict=True)
        )
        return sum(heavy) * 2 > len(self._words)

    def _languages(self, codec: str) -> tuple[int, int]:
        """Return how many languages the words are of: without those of a few words, and in all."""
        few = len(self._words) * _TOLERANCE
        main, every = (max(1, _languages(self._letters(codec, least))) for least in (few, 0))
        return main, every

    def _letters(self, codec: str, few: float) -> set[str]:
        """Return the letters beyond ASCII that more than a few words have in a codec."""
        counts = Counter(
            letter for word in self._words for letter in set(word.decode(codec).lower())
        )
        return {
            letter
            for letter, count in counts.items()
            if count > few and letter.isalpha() and not letter.isascii()
        }

    def _odd_share(self, codec: str) -> float | None:
        """Return the share of words that are odd in a codec; None if it lacks one of the bytes."""
        try:
            bytes(self._bytes).decode(codec)
        except UnicodeDecodeError:
            return None
        words = [word.decode(codec) for word in self._words]
        if codec not in _LATIN and not any(map(_has_letters_of_its_own, words)):
            return None  # a single one is a sign in another codec: € is Ђ in cp1251
        return sum(map(_is_odd, words)) / max(1, len(words))

    def _read_as(self, codec: str) -> str:
        return bytes(sorted(self._bytes)).decode(codec)

    def _scores(self, codecs: Sequence[str]) -> dict[str, float]:
        """Return how well the words fit each codec by the detector; nothing without it.

        Words that are the same in all codecs are left out: they would speak for the codec of their
        language, whatever the others are.
        """
        telling = self._telling_words(codecs)
        if sum(map(len, telling)) < _FEWEST_BYTES:
            return {}
        try:
            import chardet  # noqa: PLC0415 - the extra may not be installed
        except ModuleNotFoundError:
            return {}
        answers = chardet.detect_all(
            b"\n".join(telling),
            ignore_threshold=True,
            compat_names=False,
            include_encodings=codecs,
            no_match_encoding=codecs[0],
        )
        return {str(answer["encoding"]): answer["confidence"] for answer in answers}

    def _telling_words(self, codecs: Sequence[str]) -> list[bytes]:
        telling = {
            byte
            for byte in self._bytes
            if len({bytes((byte,)).decode(codec) for codec in codecs}) > 1
        }
        return [word for word in sorted(self._words) if not telling.isdisjoint(word)]

    def _leader(self, codecs: Sequence[str], scores: dict[str, float]) -> str | None:
        """Return the codec that fits clearly better than all that read other letters."""
        ranked = sorted(codecs, key=lambda codec: scores.get(codec, 0.0), reverse=True)
        if not ranked or not scores:
            return None
        best = ranked[0]
        others = (c for c in ranked if self._read_as(c) != self._read_as(best))
        next_best = scores.get(next(others, ""), 0.0)
        score = scores.get(best, 0.0)
        is_few = len(self._telling_words(codecs)) < _FEW_WORDS
        lead = _CLEAR_LEAD_OF_FEW if is_few else _CLEAR_LEAD
        is_clear = score - next_best >= lead and score >= next_best * _CLEAR_RATIO
        return best if is_clear else None


def _is_odd(text: str) -> bool:
    """Tell whether no language writes such a word: with a sign, two alphabets, a capital within."""
    letters = sum(map(str.isalpha, text))
    if len(text) - letters > letters + 1:
        return True
    words = (word.lstrip(_BEFORE).rstrip(_BEHIND) for word in _between.split(text))
    return any(len(word) > 1 and _is_odd_word(word) for word in words)


def _is_odd_word(word: str) -> bool:
    alphabets = {_alphabet(letter) for letter in word}
    if not word.isalpha() or len(alphabets) > 1:
        return True
    if any(map(str.islower, word)) and any(map(_is_capital_within, pairwise(word))):
        return True
    # Greek of more than a syllable has an accent; Hebrew read as Greek has none.
    return alphabets == {"greek"} and len(word) > 3 and _GREEK_ACCENTS.isdisjoint(word)


def _has_letters_of_its_own(word: str) -> bool:
    """Tell whether a word has two letters of an alphabet that is not Latin."""
    return sum(letter.isalpha() and _alphabet(letter) != "latin" for letter in word) > 1


def _is_capital_within(letters: tuple[str, str]) -> bool:
    """Tell whether a capital follows a letter; both of ASCII do not count: MacLeod is a name."""
    return letters[1].isupper() and not (letters[0] + letters[1]).isascii()


def _alphabet(letter: str) -> str:
    return next((name for name, first, last in _ALPHABETS if first <= letter <= last), "latin")


def _languages(letters: set[str]) -> int:
    """Return how many languages it takes to have all of some letters; unknown ones count 2."""
    known = letters & _EVERY_LETTER
    count = 2 * len(letters - known)
    while known:
        known = known - max(_LANGUAGES, key=lambda language: len(known & language))
        count += 1
    return count
