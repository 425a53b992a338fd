"""How long a line reads, in any script.

Thresholds are given in Latin letters. A Chinese, Japanese or Korean character says about as much as two or
three of them; 2.5 is a choice, not a measurement.
"""

from __future__ import annotations

import re
from collections import Counter

WIDE = re.compile("[\u1100-\u11ff\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_WORDS = re.compile(r"\w+")
_MEASURED = 1000  # characters: a line that long is prose whatever follows
_CLOSING = " \"'”’»›」』）)]】"
_SENTENCE_END = frozenset(".!?…。！？؟۔।॥։።")


def weigh(text: str) -> float:
    """Return the length of a text in Latin letters.

    >>> weigh("Rain"), weigh("大雨")
    (4.0, 5.0)
    """
    head = text[:_MEASURED]
    if head.isascii():
        return float(len(head))
    return len(head) + 1.5 * len(WIDE.findall(head))


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends like a sentence, closing quotation marks and brackets aside.

    >>> ends_sentence("He left.”"), ends_sentence("Latest news")
    (True, False)
    """
    tail = text[-8:].rstrip(_CLOSING)
    return tail[-1:] in _SENTENCE_END if tail else False


def is_wide(text: str) -> bool:
    """Tell whether a text is written without spaces between words, as Chinese and Japanese are."""
    return not text.isascii() and len(WIDE.findall(text[:200])) * 3 > len(text[:200])


def fold(text: str) -> str:
    """Return the words of a text in lower case, parted by single spaces: what two spellings have in common.

    >>> fold("Ferries return: “At last!”")
    'ferries return at last'
    """
    return " ".join(_WORDS.findall(text.casefold()))


def overlap(first: str, second: str) -> float:
    """Return how much two folded texts agree, 0 to 1: F1 of their words, or letters if they are wide.

    >>> overlap("ferries return at last", "ferries return")
    0.6666666666666666
    """
    one, two = (Counter(text.replace(" ", "") if is_wide(text) else text.split()) for text in (first, second))
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0
