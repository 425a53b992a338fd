"""Which words of a line the model looks at, and where it keeps their weights: a table of hashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from app.cleaning.measures import count_wide, has_digit, list_words

BUCKETS = 1 << 14
_READ = 300  # characters
_FIRST_WORDS, _LAST_WORDS, _PAIRS = 9, 2, 4
_FEW = 4  # words: a line that short is read as a whole too
_KNOWN = 1 << 14  # words whose buckets are remembered: most words of a page are on every page
_WORD = re.compile(r"[^\W\d_]+|\d+")


def hash_words(text: str) -> set[int]:
    """Return the buckets of the words that a line begins and ends with, and of the pairs that it begins with.

    Numbers count as one word. Scripts without spaces are read by pairs of characters.

    >>> hash_words("Read 12 more") == hash_words("read 7 MORE"), len(hash_words("Read more")) > 3
    (True, True)
    """
    head = text[:_READ]
    words: Sequence[str] = list_words(head)
    head = head.lower()
    if has_digit(head):
        words = ["0" if word[0].isdigit() else word for word in _WORD.findall(head)]
    if count_wide(head) * 3 > len(head):
        words = [head[at : at + 2] for at in range(min(24, len(head)))]
    if not words:
        words = [text[0]]
    buckets = set(map(_hash_word, words[:_FIRST_WORDS]))
    buckets.update(map(_hash_word, words[-_LAST_WORDS:]))
    buckets.update([_hash(f"{this} {following}") for this, following in pairwise(words[: _PAIRS + 1])])
    buckets.add(_hash_word(f"^{words[0]}"))
    buckets.add(_hash_word(f"{words[-1]}$"))
    if len(words) <= _FEW:
        buckets.add(_hash(f"={' '.join(words)}"))
    return buckets


def _hash(text: str) -> int:
    return crc32(text.encode("utf-8", "replace")) % BUCKETS


_hash_word = lru_cache(_KNOWN)(_hash)
