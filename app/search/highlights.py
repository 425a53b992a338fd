"""Where the words of a query are in a hit: the headline whole, of the body the one or two best places.

Found by the same analysis that indexed the text, in time linear in its length; of very long texts the
beginning is looked at. In texts of Latin, Greek and Cyrillic letters only what begins like a word of the
query is analysed, which takes a tenth of the time.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from app.analysis import Row, fold_letters, fold_word, list_rows
from app.query import Scope, Words
from app.stemming import UNKNOWN, list_forms, list_stems, read_subtag

# Characters of a text that are looked at: 8,000 words, twenty times the usual article.
MAX_EXAMINED = 50_000
SNIPPET_LENGTH = 200
MAX_SNIPPETS = 2
# Terms of a phrase that are compared; more would make hostile text quadratic.
_COMPARED = 16
# Matches of one word among which the best place is looked for; a common word stands everywhere.
_WEIGHED = 20
# The last letters of a stem may differ from the word's: happi, happy.
_CHANGED = 2
# U.S. is one word; longer ones are not written with full stops.
_ABBREVIATED = range(2, 7)
_SPACE = re.compile(r"\s+")
# To where the last run of spaces begins; `.*` goes there from behind.
_TO_LAST_SPACE = re.compile(r".*(?<!\s)(?=\s)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
# What `html.escape` writes otherwise.
_MARKUP = re.compile("[&<>\"']")


class Match(NamedTuple):
    """A place where a word or phrase stands, and which one it is."""

    start: int
    end: int
    word: int


class HitTexts(NamedTuple):
    """The texts of a hit that can be highlighted."""

    language: str
    headline: str | None
    kicker: str | None
    standfirst: str | None
    byline: str | None
    dateline_text: str | None
    body: str
    media: list[dict[str, Any]]


class Highlighter:
    """Shows the words of one query in its hits."""

    def __init__(self, words: Sequence[Words], languages: Sequence[str]) -> None:
        self._words = list(dict.fromkeys(words))
        self._languages = languages
        self._finders: dict[str, _Finder] = {}

    def highlight(self, texts: HitTexts) -> list[dict[str, Any]]:
        """List the parts of an article in which words of the query stand."""
        finder = self._get_finder(read_subtag(texts.language))
        shown = [
            ("headline", Scope.HEADLINE, texts.headline),
            ("kicker", None, texts.kicker),
            ("standfirst", None, texts.standfirst),
            ("byline", Scope.BYLINE, texts.byline),
            ("dateline.text", Scope.DATELINE, texts.dateline_text),
            ("body", Scope.BODY, texts.body),
        ]
        for at, medium in enumerate(texts.media):
            shown.append((f"media.{at}.caption", Scope.CAPTION, medium.get("caption")))
        highlights: list[dict[str, Any]] = []
        for path, scope, text in shown:
            if text and (matches := finder.find(text, scope)):
                parts = _choose_parts(text, matches)
                highlights += [_render(path, text, part=part, matches=matches) for part in parts]
        return highlights

    def _get_finder(self, language: str) -> "_Finder":
        if language not in self._finders:
            languages = self._languages if language == UNKNOWN else [language]
            self._finders[language] = _Finder(self._words, languages, sought=self._languages)
        return self._finders[language]


class _Known(dict[str, tuple[int, ...]]):
    """Which words of the query a word of the text is; worked out once for each."""

    def __init__(self, words: Sequence[Words], languages: Sequence[str], sought: Sequence[str]) -> None:
        super().__init__()
        self._stems = [list_stems(language) for language in languages]
        self.forms = {
            number: frozenset(list_forms(word.surface, sought)) if word.surface else {word.terms[0][1]}
            for number, word in enumerate(words)
            if len(word.terms) == 1 and not word.is_prefix
        }
        self._stemmed = {number for number in self.forms if words[number].surface}

    def __missing__(self, word: str) -> tuple[int, ...]:
        """Compare its stems with those that are looked for."""
        term = fold_word(word)
        stems = {stem for stems in self._stems for stem in stems[word].split(" ")}
        found = tuple(
            number
            for number, forms in self.forms.items()
            if (not stems.isdisjoint(forms) if number in self._stemmed else term in forms)
        )
        self[word] = found
        return found


class _Finder:
    """Finds the words of a query in texts of one language."""

    def __init__(self, words: Sequence[Words], languages: Sequence[str], *, sought: Sequence[str]) -> None:
        self._words = words
        self._known = _Known(words, languages, sought)
        self._begins = _list_begins(form for forms in self._known.forms.values() for form in forms)
        terms = {word.terms[0][1] for number, word in enumerate(words) if number in self._known.forms}
        self._abbreviations = [term for term in terms if len(term) in _ABBREVIATED and term.isalpha()]
        self._has_scopes = any(word.scope is not None for word in words)
        self._rows = [(number, word) for number, word in enumerate(words) if number not in self._known.forms]

    def find(self, text: str, scope: Scope | None) -> list[Match]:
        """Find where the words stand in a part of an article, in its order."""
        text = text[:MAX_EXAMINED]
        found: list[Match] = []
        rows = _Rows(text)
        plain, longer = fold_letters(text) or (None, {})
        if self._begins:
            found += self._find_among(rows) if plain is None else self._find_plain(text, plain, longer)
        for number, word in self._rows:
            if plain is None or longer or _may_have(plain, word):
                in_a_row = [] if plain is None else _find_in_plain_row(plain, word, number=number)
                found += in_a_row or _find_word(rows, word, number=number)
        if self._has_scopes:
            found = [match for match in found if self._words[match.word].scope in (None, scope)]
        return sorted(set(found)) if len(found) > 1 else found

    def _find_plain(self, text: str, folded: str, longer: dict[str, str]) -> list[Match]:
        """Find single words in a text whose letters are folded."""
        found = []
        known, find, match_word = self._known, folded.find, _WORD.match
        spelt = text if longer or not (folded.isascii() and text.isascii()) else folded
        for begin in _list_spellings(self._begins, longer) if longer else self._begins:
            at = find(begin)
            while at >= 0:
                end = at + len(begin)
                if (at == 0 or not folded[at - 1].isalnum()) and (word := match_word(folded, at)):
                    end = word.end()
                    for number in known[spelt[at:end]]:
                        found.append(Match(at, end, number))
                at = find(begin, end)
        for term in self._abbreviations:
            dotted = ".".join(term)
            at = find(dotted)
            while at >= 0:
                end = at + len(dotted)
                if not (folded[at - 1 : at].isalnum() or folded[end : end + 1].isalnum()):
                    end += folded[end : end + 1] == "."
                    found += [Match(at, end, number) for number in known[term]]
                at = find(dotted, end)
        return found

    def _find_among(self, rows: "_Rows") -> Iterator[Match]:
        """Find single words among the tokens of any text."""
        for term, _, start, end, *_ in rows:
            word = rows.text[start:end]
            for number in self._known[term if "." in word else word]:
                yield Match(start, end, number)


def _list_begins(forms: Iterator[str]) -> list[str]:
    """List how words with these stems begin; none begins like another of them."""
    begins = sorted({form[: max(1, len(form) - _CHANGED)] for form in forms})
    return [begin for at, begin in enumerate(begins) if not any(map(begin.startswith, begins[:at]))]


def _list_spellings(begins: list[str], longer: dict[str, str]) -> list[str]:
    """List how the words begin in a text with letters whose folds are longer: strass and stras as straß."""
    spelt = set(begins)
    for letter, fold in longer.items():
        spelt |= {begin.replace(fold, letter) for begin in spelt}
        for size in range(1, len(fold)):
            spelt |= {begin[:-size] + letter for begin in spelt if begin.endswith(fold[:size])}
    return list(spelt)


class _Rows:
    """The tokens of a text, made when they are looked at first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._made: list[Row] | None = None
        self._places: dict[str, list[int]] = {}

    def _make(self) -> list[Row]:
        if self._made is None:
            self._made = list_rows(self.text)
            for index, row in enumerate(self._made):
                self._places.setdefault(row[0], []).append(index)
        return self._made

    def __len__(self) -> int:
        return len(self._make())

    def __iter__(self) -> Iterator[Row]:
        return iter(self._make())

    def __getitem__(self, index: int) -> Row:
        return self._make()[index]

    def find(self, term: str) -> list[int]:
        """Find the tokens with a term."""
        self._make()
        return self._places.get(term, [])

    def find_prefix(self, prefix: str) -> list[int]:
        """Find the tokens that begin with a prefix."""
        return [index for index, row in enumerate(self._make()) if row[0].startswith(prefix)]


def _may_have(text: str, word: Words) -> bool:
    """Tell whether a text of plain letters has the terms of a phrase at all, in whatever order."""
    if word.slop or not word.is_phrase:
        return True
    return all(
        term in text or (len(term) in _ABBREVIATED and ".".join(term) in text) for _, term in word.terms
    )


def _find_in_plain_row(text: str, word: Words, *, number: int) -> list[Match]:
    """Find a phrase in a text of folded letters, with nothing but spaces and punctuation between."""
    terms = [term for _, term in word.terms]
    if not word.is_phrase or word.slop or word.is_prefix or not all(map(_WORD.fullmatch, terms)):
        return []
    pattern = re.compile(r"(?:[^\w'’.]|_)+".join(terms))
    return [
        Match(found.start(), found.end(), number)
        for found in pattern.finditer(text)
        if not (
            text[found.start() - 1 : found.start()].isalnum() or text[found.end() : found.end() + 1].isalnum()
        )
    ]


def _find_word(rows: _Rows, word: Words, *, number: int) -> list[Match]:
    if len(word.terms) == 1:
        found = rows.find_prefix(word.terms[0][1])
        return [Match(rows[index][2], _find_end(rows, index), number) for index in found]
    in_a_row = _find_row(rows, word, number=number)
    if in_a_row or (word.is_phrase and not word.slop):
        return in_a_row
    # Near each other, or a word of which a part is enough: the terms one by one.
    return [
        Match(rows[index][2], rows[index][3], number) for _, term in word.terms for index in rows.find(term)
    ]


def _find_end(rows: _Rows, index: int) -> int:
    """Find where a prefix's match ends: that of a single character before the other one of its pair."""
    end = rows[index][3]
    return min(end, rows[index + 1][2]) if index + 1 < len(rows) else end


def _find_row(rows: _Rows, word: Words, *, number: int) -> list[Match]:
    """Find the terms where they stand in a row."""
    *inner, (last, last_term) = word.terms[:_COMPARED]
    is_cut = len(word.terms) > _COMPARED
    matches = []
    for index in rows.find(word.terms[0][1]):
        end = index + (word.terms[-1][0] if is_cut else last)
        if end >= len(rows) or any(rows[index + offset][0] != term for offset, term in inner):
            continue
        term = rows[index + last][0]
        if term == last_term or (word.is_prefix and not is_cut and term.startswith(last_term)):
            matches.append(Match(rows[index][2], rows[end][3], number))
    return matches


class _Window(NamedTuple):
    """Matches that are near enough to be shown together."""

    start: int
    end: int
    words: frozenset[int]


def _choose_parts(text: str, matches: list[Match]) -> list[tuple[int, int]]:
    """Choose what to show: a short text whole, of a long one where most words are and where others are."""
    if len(text) <= SNIPPET_LENGTH * 1.5:
        return [(0, len(text))]
    matches = _take_first(matches)
    chosen: list[_Window] = []
    shown: frozenset[int] = frozenset()
    while len(chosen) < MAX_SNIPPETS and (rest := [match for match in matches if match.word not in shown]):
        window = _find_best_window(rest)
        chosen.append(window)
        shown |= window.words
    parts = sorted(_widen(text, window) for window in chosen)
    return [part for at, part in enumerate(parts) if at == 0 or part[0] >= parts[at - 1][1]]


def _take_first(matches: list[Match]) -> list[Match]:
    """Take of each word only so many matches."""
    if len(matches) <= _WEIGHED:
        return matches
    counts: dict[int, int] = {}
    taken = []
    for match in matches:
        count = counts[match.word] = counts.get(match.word, 0) + 1
        if count <= _WEIGHED:
            taken.append(match)
    return taken


def _find_best_window(matches: list[Match]) -> _Window:
    """Find the window with most words, then most matches, then the first; each begins with a match.

    Its two ends move forward, so it is linear.
    """
    counts: dict[int, int] = {}
    best, chosen = (0, 0), (0, 1)
    after = 0
    for at, first in enumerate(matches):
        last = first.start + SNIPPET_LENGTH
        while after < len(matches) and (after <= at or matches[after].end <= last):
            word = matches[after].word
            counts[word] = counts.get(word, 0) + 1
            after += 1
        if (len(counts), after - at) > best:
            best, chosen = (len(counts), after - at), (at, after)
        if counts[first.word] == 1:
            del counts[first.word]
        else:
            counts[first.word] -= 1
    inside = matches[chosen[0] : chosen[1]]
    return _Window(
        inside[0].start, max(inside[0].end, inside[-1].end), frozenset(match.word for match in inside)
    )


def _widen(text: str, window: _Window) -> tuple[int, int]:
    """Give a window some text around it, cut between words where there are spaces."""
    margin = max(0, SNIPPET_LENGTH - (window.end - window.start)) // 2
    start, end = max(0, window.start - margin), min(len(text), window.end + margin)
    if start and (space := _SPACE.search(text, start, window.start)):
        start = space.end()
    if end < len(text) and (cut := _TO_LAST_SPACE.match(text, window.end, end)):
        end = cut.end()
    return start, end


def _render(path: str, text: str, *, part: tuple[int, int], matches: list[Match]) -> dict[str, Any]:
    start, end = part
    spans: list[list[int]] = []
    for match in matches:
        if match.start < start or match.end > end:
            continue
        if spans and match.start <= spans[-1][1]:  # pairs of characters overlap
            spans[-1][1] = max(spans[-1][1], match.end)
        else:
            spans.append([match.start, match.end])
    shown = text[start:end]
    escape = html.escape if _MARKUP.search(shown) else str
    marked: list[str] = []
    at = start
    for span_start, span_end in spans:
        marked += (escape(text[at:span_start]), "<mark>", escape(text[span_start:span_end]), "</mark>")
        at = span_end
    marked.append(escape(text[at:end]))
    return {"field": path, "start": start, "text": shown, "html": "".join(marked), "matches": spans}
