"""How long a line reads, in any script.

Thresholds are given in Latin letters. A Chinese, Japanese or Korean character says about as much as two or
three of them; 2.5 is a choice, not a measurement.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

WIDE = re.compile("[\u1100-\u11ff\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_PERHAPS_WIDE = re.compile("[\u1100-\u11ff\u2e80-\U0010ffff]")  # two ranges: searched in half the time
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_MEASURED = 1000  # characters: a line that long is prose whatever follows
_CLOSING = " \"'”’»›」』）)]】"
_BEYOND_LATIN = "‘’“”„–—…•"  # what Latin text prints beyond Latin-1; none of it is a part of a word
_SENTENCE_END = frozenset(".!?…。！？؟۔।॥։።")


def _write_table(words: re.Pattern[str]) -> bytes:
    """Write the table that makes of all Latin-1 that is no part of a word a space."""
    return bytes(code if words.match(chr(code)) else ord(" ") for code in range(256))


_TABLES = {words: _write_table(words) for words in (_LETTERS, _WORDS)}


def drop_typography(text: str) -> str:
    """Make of the quotation marks and dashes that keep most English prose from being ASCII spaces."""
    for mark in _BEYOND_LATIN:
        text = text.replace(mark, " ")
    return text


def _find_words(words: re.Pattern[str], text: str) -> list[str]:
    """Return what words.findall(text) does: a quarter of the time for text in ASCII, a third in Latin-1."""
    if text.isascii():
        return text.encode().translate(_TABLES[words]).decode().split()
    try:
        return drop_typography(text).encode("latin-1").translate(_TABLES[words]).decode("latin-1").split()
    except UnicodeEncodeError:
        return words.findall(text)


def split_letters(text: str) -> list[str]:
    """Return the runs of letters of a text.

    >>> split_letters("Don’t, 3 cafés")
    ['Don', 't', 'cafés']
    """
    return _find_words(_LETTERS, text)


@lru_cache(maxsize=256)  # whoever looks at a line's words asks in turn, most often for the same
def list_words(head: str) -> tuple[str, ...]:
    """Return the runs of letters of the beginning of a line, in lower case.

    >>> list_words("Don’t, 3 cafés")
    ('don', 't', 'cafés')
    """
    return tuple(split_letters(head.lower()))


def split_words(text: str) -> list[str]:
    """Return the runs of letters, digits and low lines of a text.

    >>> split_words("Don’t, 3 cafés")
    ['Don', 't', '3', 'cafés']
    """
    return _find_words(_WORDS, text)


def count_wide(text: str) -> int:
    """Count the Chinese, Japanese and Korean characters of a text."""
    if text.isascii() or not _PERHAPS_WIDE.search(text):
        return 0
    return len(WIDE.findall(text))


def weigh(text: str) -> float:
    """Return the length of a text in Latin letters.

    >>> weigh("Rain"), weigh("大雨")
    (4.0, 5.0)
    """
    head = text[:_MEASURED]
    if head.isascii():
        return float(len(head))
    return len(head) + 1.5 * count_wide(head)


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends like a sentence, closing quotation marks and brackets aside.

    >>> ends_sentence("He left.”"), ends_sentence("Latest news")
    (True, False)
    """
    tail = text[-8:].rstrip(_CLOSING)
    return tail[-1:] in _SENTENCE_END if tail else False


def is_wide(text: str) -> bool:
    """Tell whether a text is written without spaces between words, as Chinese and Japanese are."""
    return not text.isascii() and count_wide(text[:200]) * 3 > len(text[:200])


def has_digit(text: str) -> bool:
    """Tell whether a text holds a digit: what dates and counters are looked for in.

    >>> has_digit("4 May"), has_digit("May")
    (True, False)
    """
    return _DIGIT.search(text) is not None


def fold(text: str) -> str:
    """Return the words of a text in lower case, parted by single spaces: what two spellings have in common.

    >>> fold("Ferries return: “At last!”")
    'ferries return at last'
    """
    return " ".join(split_words(text.casefold()))


def overlap(first: str, second: str) -> float:
    """Return how much two folded texts agree, 0 to 1: F1 of their words, or letters if they are wide.

    >>> overlap("ferries return at last", "ferries return")
    0.6666666666666666
    """
    one, two = (Counter(text.replace(" ", "") if is_wide(text) else text.split()) for text in (first, second))
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0
