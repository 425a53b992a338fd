"""Text as search sees it: the same terms for what is indexed, what is asked and what is highlighted.

Letter case and accents do not count, and a word is the same however its accents are encoded. Scripts that
put no spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) and Hangul, whose words carry their
particles, become overlapping pairs of characters, so that any part of a run is found. The last character
of a run is a term of its own too: with it, every single character begins some term, and a query of one
character can ask for a prefix.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

# Raise it whenever the same text could give other terms: the index is then built anew.
VERSION = 2
# Longer words are cut: nobody types them, and Tantivy refuses terms over 65,530 bytes.
MAX_TERM = 64
# Characters of a word that are looked at: with three marks on each letter it still fills the longest term. It
# bounds normalisation too, which is quadratic in a run of marks.
MAX_WORD = 256

_MARKS = "".join(
    f"{chr(first)}-{chr(last)}"
    for first, last in (
        (0x0300, 0x036F),
        (0x0483, 0x0489),
        (0x0591, 0x05BD),
        (0x05BF, 0x05C7),
        (0x0610, 0x061A),
        (0x064B, 0x065F),
        (0x0670, 0x0670),
        (0x06D6, 0x06ED),
        (0x0711, 0x0711),
        (0x0730, 0x074A),
        (0x07A6, 0x07B0),
        (0x08CA, 0x0903),
        (0x093A, 0x094F),
        (0x0951, 0x0957),
        (0x0962, 0x0963),
        (0x0981, 0x0983),
        (0x09BC, 0x09CD),
        (0x09D7, 0x09D7),
        (0x0A01, 0x0A03),
        (0x0A3C, 0x0A51),
        (0x0A70, 0x0A71),
        (0x0A81, 0x0A83),
        (0x0ABC, 0x0ACD),
        (0x0B01, 0x0B03),
        (0x0B3C, 0x0B57),
        (0x0B82, 0x0B82),
        (0x0BBE, 0x0BD7),
        (0x0C00, 0x0C04),
        (0x0C3C, 0x0C56),
        (0x0C81, 0x0C83),
        (0x0CBC, 0x0CD6),
        (0x0D00, 0x0D03),
        (0x0D3B, 0x0D4D),
        (0x0D57, 0x0D57),
        (0x0D81, 0x0D83),
        (0x0DCA, 0x0DDF),
        (0x0F18, 0x0F19),
        (0x0F71, 0x0F84),
        (0x1AB0, 0x1AFF),
        (0x1DC0, 0x1DFF),
        (0x200C, 0x200D),  # joiners, inside words of Persian and Hindi
        (0x20D0, 0x20F0),
        (0x2DE0, 0x2DFF),
        (0xA8E0, 0xA8F1),
        (0xFE00, 0xFE0F),
        (0xFE20, 0xFE2F),
        (0xE0100, 0xE01EF),
    )
)
# Written without spaces between the words, or (Hangul) with particles joined on.
_RUN_LETTERS = (
    "\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e80-\u0eff"  # Thai, Lao
    "\u1000-\u1049\u1050-\u109d\u1780-\u17d3\u17dd"  # Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97c\uac00-\ud7fb"  # Hangul
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\uff66-\uff9f"  # kana, Bopomofo
    "\u2e80-\u2fd5\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_RUN = f"[{_RUN_LETTERS}]+"
# A syllable of single Hangul letters, or a character with its kana voice mark, is one character.
_CHARACTER = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1160-\u11a7\ud7b0-\ud7c6][\u11a8-\u11ff\ud7cb-\ud7fb]?"
    "|.[\u3099\u309a\uff9e\uff9f]?",
    re.DOTALL,
)
# U.S., U.N., e.g.: printed with full stops or without, an abbreviation of single letters is one word.
_ABBREVIATION = rf"(?<![\w{_MARKS}])(?<![\w{_MARKS}]['’ʼ＇])[^\W\d_](?:\.[^\W\d_])+(?![\w{_MARKS}])"
_WORD = re.compile(rf"({_ABBREVIATION})\.?|[\w{_MARKS}{_RUN_LETTERS}]+")
_PLAIN = re.compile(rf"[^{_RUN_LETTERS}]*")
_PART = re.compile(rf"({_RUN})|[^{_RUN_LETTERS}]+")
# The possessive is no word: "people's" is found by "people".
_APOSTROPHES = frozenset("'’ʼ＇")
_POSSESSIVE = re.compile(rf"(?:['’ʼ＇][sS](?![\w{_MARKS}]))+")
# The same for texts of which it need not be known where the words stand.
# Each begins with a character that is rare, so that the rest is tried in few places.
_POSSESSIVES = re.compile(rf"['’ʼ＇](?<=[\w{_MARKS}].)[sS](?![\w{_MARKS}])(?:['’ʼ＇][sS](?![\w{_MARKS}]))*")
_ABBREVIATIONS = re.compile(
    rf"(\.(?<=[^\W\d_].)(?<![\w{_MARKS}][^\W\d_].)(?<![\w{_MARKS}]['’ʼ＇][^\W\d_].)"
    rf"[^\W\d_](?:\.[^\W\d_])*(?![\w{_MARKS}]))(\.?)"
)
_RUN_LETTER = re.compile(f"[{_RUN_LETTERS}]")
_WORDS = re.compile(rf"[\w{_MARKS}]+")
# What is neither ASCII nor usual punctuation; without it the words are those of plain ASCII.
_FOREIGN = re.compile("[^\x00-\x7f\xa0\xa3\xab\xbb\u2010-\u2027\u2030-\u203e\u20ac]")
_LETTERS_ONLY = re.compile(r"\w+")
# What is neither a letter of Latin, Greek or Cyrillic nor usual punctuation: there may be marks or runs.
_OTHER_LETTER = re.compile("[^\x00-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u206f\u20a0-\u20bf]")
# Of plain ASCII letters and digits become small ones, of everything else spaces.
_ASCII = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + b" " * 128

# Accents are dropped from Latin, Greek and Cyrillic letters; marks of other scripts are part of the word.
_ACCENT = re.compile("(?<=[a-zß-ɏα-ωа-яѐ-ӿ])[\u0300-\u036f]+")
_IGNORED = re.compile(
    "[\u0640\u064b-\u065f\u0670\u0591-\u05bd\u05bf-\u05c7\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# Letters that Unicode does not take apart, and й, a letter of its own that it does.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe",
                          "ı": "i", "þ": "th", "ς": "σ", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي"})  # fmt: skip
_SHORT_I = "и\u0306"


class Token(NamedTuple):
    """A term and where it stands: its position counted in terms, and its characters in the text."""

    term: str
    position: int
    start: int
    end: int
    is_tail: bool
    """Whether it is the last character of a longer run, which no query needs."""
    is_single: bool
    """Whether it is a run of one character."""


@lru_cache(maxsize=16384)
def _fold(word: str) -> str:
    """Fold a word that is not plain ASCII; the cache is worth a third of the time on accented news."""
    text = unicodedata.normalize("NFKD", word[:MAX_WORD].casefold()).casefold().replace(_SHORT_I, "й")
    text = _ACCENT.sub("", _IGNORED.sub("", text))
    text = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    return "".join(text.split())[:MAX_TERM]


def fold_word(word: str) -> str:
    """Fold one word to the term that it is indexed as.

    >>> fold_word("Élysée"), fold_word("STRASSE") == fold_word("Straße")
    ('elysee', True)
    """
    return word[:MAX_TERM].lower() if word.isascii() else _fold(word[:MAX_WORD])


def fold_name(name: str) -> str:
    """Fold a name for comparison as a whole: letter case and runs of spaces do not count."""
    return " ".join(name.casefold().split())


def tokenise(text: str) -> Iterator[Token]:
    """Yield the terms of a text in order.

    >>> [token.term for token in tokenise("The people's U.S. café: 東京駅")]
    ['the', 'people', 'us', 'cafe', '東京', '京駅', '駅']
    """
    return map(Token._make, list_rows(text))


# A `Token` before it has names for its parts.
Row = tuple[str, int, int, int, bool, bool]


def list_rows(text: str) -> list[Row]:
    """List the tokens of a text as plain tuples, which are made in two thirds of the time."""
    found: list[Row] = []
    skip = 0
    text = text.replace("_", " ")
    for match in _WORD.finditer(text):
        start, end = match.span()
        if start < skip:
            continue
        word = match[0]
        if match.lastindex:
            word = word.replace(".", "")
        if word.isascii():
            found.append((word[:MAX_TERM].lower(), len(found), start, end, False, False))
        elif _PLAIN.fullmatch(word):
            if term := _fold(word[:MAX_WORD]):
                found.append((term, len(found), start, end, False, False))
        else:
            _add_parts(found, text, start=start, end=end)
        if text[end : end + 1] in _APOSTROPHES and (possessive := _POSSESSIVE.match(text, end)):
            skip = possessive.end()
    return found


def _add_parts(found: list[Row], text: str, *, start: int, end: int) -> None:
    """Add the tokens of a stretch of letters that has a run in it."""
    for part in _PART.finditer(text, start, end):
        if part.lastindex:
            _add_run(found, text, start=part.start(), end=part.end())
        elif term := fold_word(part[0]):
            found.append((term, len(found), part.start(), part.end(), False, False))


def _add_run(found: list[Row], text: str, *, start: int, end: int) -> None:
    """Add the overlapping pairs of a run's characters, then its last character."""
    last, last_start = "", start
    for match in _CHARACTER.finditer(text, start, end):
        character = fold_word(match[0])
        if last:
            found.append((last + character, len(found), last_start, match.end(), False, False))
        last, last_start = character, match.start()
    if last:
        found.append((last, len(found), last_start, end, last_start > start, last_start == start))


def is_plain(text: str) -> bool:
    """Tell whether a text has no letters but A to Z, so that its words need no folding but of case."""
    return text.isascii() or _FOREIGN.search(text) is None


def fold_letters(text: str) -> tuple[str, dict[str, str]] | None:
    """Fold a text letter by letter, so that each stays where it stands.

    Returns the text, and those of its letters that stay as they are because their folds are longer. Returns
    None if there are marks, or letters of other scripts than Latin, Greek and Cyrillic.

    >>> fold_letters("Große Élysée")
    ('große elysee', {'ß': 'ss'})
    """
    folded = text.lower()
    if is_plain(text):
        return folded, {}
    if len(folded) != len(text) or _OTHER_LETTER.search(folded):
        return None
    longer = {}
    for letter in sorted(set(_FOREIGN.findall(folded))):
        fold = _fold(letter)
        if len(fold) == 1:
            folded = folded.replace(letter, fold)
        elif letter.isalnum():
            longer[letter] = fold
    return folded, longer


def list_words(text: str) -> list[str]:
    """List the words of a text, one for each term, as `TERMS` folds them and as stems are made of them.

    What `list_rows` finds without saying where, in a tenth of the time.

    >>> list_words("The people's U.S. café")
    ['The', 'people', 'US', 'café']
    """
    has_plain_letters = is_plain(text)
    has_others = not has_plain_letters and _OTHER_LETTER.search(text) is not None
    if has_others and _RUN_LETTER.search(text):
        return [row[0] for row in list_rows(text)]
    if "_" in text:
        text = text.replace("_", " ")
    if "." in text:
        text = _ABBREVIATIONS.sub(_join_abbreviation, text)
    if any(apostrophe in text for apostrophe in _APOSTROPHES):
        text = _POSSESSIVES.sub("", text)
    if has_plain_letters:
        words = text.encode("ascii", "replace").translate(_ASCII).decode().split()
        is_short = max(map(len, words), default=0) <= MAX_TERM
        return words if is_short else [word[:MAX_TERM] for word in words]
    return [word for word in (_WORDS if has_others else _LETTERS_ONLY).findall(text) if TERMS[word]]


def _join_abbreviation(match: re.Match[str]) -> str:
    """Write U.S. as US; what follows its last full stop is another word, unless it is the possessive."""
    is_possessive = match[2] and _POSSESSIVE.match(match.string, match.end())
    return match[1].replace(".", "") + (" " if match[2] and not is_possessive else "")


# Words that are remembered; those of a language's news are some 50,000.
_REMEMBERED = 65_536


class Remembered(dict[str, str]):
    """What words become, worked out once for each: most words of a text are common ones."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> str:
        """Work it out and remember it."""
        found = self._work_out(word)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[word] = found
        return found


# The term of each word.
TERMS = Remembered(fold_word)


def list_terms(text: str, words: list[str]) -> list[str]:
    """Return the terms of a text's words, as `list_words` has listed them.

    >>> list_terms("CAFÉ", list_words("CAFÉ")), list_terms("TEA", list_words("TEA"))
    (['cafe'], ['tea'])
    """
    # The words of a plain text are its terms; others are looked up in two thirds of the time by `map`.
    return words if is_plain(text) else list(map(TERMS.__getitem__, words))
