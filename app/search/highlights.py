"""Where the words of a query are in a hit: the headline whole, of the body the one or two best places.

Found by the same analysis that indexed the text, in time linear in its length; of very long texts the
beginning is looked at.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from app.analysis import Token, list_rows
from app.query import Scope, Words

# Characters of a text that are looked at: 8,000 words, twenty times the usual article.
MAX_EXAMINED = 50_000
SNIPPET_LENGTH = 200
MAX_SNIPPETS = 2
# Terms of a phrase that are compared; more would make hostile text quadratic.
_COMPARED = 16
# Matches of one word among which the best place is looked for; a common word stands everywhere.
_WEIGHED = 20
_SPACE = re.compile(r"\s+")


class Match(NamedTuple):
    """A place where a word or phrase stands, and which one it is."""

    start: int
    end: int
    word: int


class HitTexts(NamedTuple):
    """The texts of a hit that can be highlighted."""

    headline: str | None
    kicker: str | None
    standfirst: str | None
    byline: str | None
    dateline_text: str | None
    body: str
    media: list[dict[str, Any]]


def highlight(texts: HitTexts, words: Sequence[Words]) -> list[dict[str, Any]]:
    """List the parts of an article in which words of the query stand."""
    shown = [
        ("headline", Scope.HEADLINE, texts.headline),
        ("kicker", None, texts.kicker),
        ("standfirst", None, texts.standfirst),
        ("byline", Scope.BYLINE, texts.byline),
        ("dateline.text", Scope.DATELINE, texts.dateline_text),
        ("body", Scope.BODY, texts.body),
        *(
            (f"media.{at}.caption", Scope.CAPTION, medium.get("caption"))
            for at, medium in enumerate(texts.media)
        ),
    ]
    highlights: list[dict[str, Any]] = []
    for path, scope, text in shown:
        wanted = [word for word in words if word.scope in (None, scope)]
        if text and wanted and (matches := find_matches(text, wanted)):
            highlights += [
                _render(path, text, part=part, matches=matches) for part in _choose_parts(text, matches)
            ]
    return highlights


class _Tokens:
    """The tokens of a text, and where those are that the query asks for."""

    def __init__(self, text: str, words: Sequence[Words]) -> None:
        self.rows = list_rows(text[:MAX_EXAMINED])
        wanted = {term for word in words for _, term in word.terms}
        self.places: dict[str, list[int]] = {term: [] for term in wanted}
        for index, row in enumerate(self.rows):
            if row[0] in wanted:
                self.places[row[0]].append(index)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Token:
        return Token._make(self.rows[index])

    def find_prefix(self, prefix: str) -> list[int]:
        """Find the tokens that begin with a prefix."""
        return [index for index, row in enumerate(self.rows) if row[0].startswith(prefix)]


def find_matches(text: str, words: Sequence[Words]) -> list[Match]:
    """Find where the words stand in a text, in its order."""
    tokens = _Tokens(text, words)
    return sorted(
        {match for number, word in enumerate(words) for match in _find_word(tokens, word, number=number)}
    )


def _find_word(tokens: _Tokens, word: Words, *, number: int) -> list[Match]:
    if len(word.terms) == 1:
        term = word.terms[0][1]
        found = tokens.find_prefix(term) if word.is_prefix else tokens.places[term]
        return [
            Match(tokens[index].start, _find_end(tokens, index, is_part=word.is_prefix), number)
            for index in found
        ]
    in_a_row = _find_row(tokens, word, number=number)
    if in_a_row or (word.is_phrase and not word.slop):
        return in_a_row
    # Near each other, or a word of which a part is enough: the terms one by one.
    return [
        Match(tokens[index].start, tokens[index].end, number)
        for _, term in word.terms
        for index in tokens.places[term]
    ]


def _find_end(tokens: _Tokens, index: int, *, is_part: bool) -> int:
    """Find where a match ends: that of a single character before the other character of its pair."""
    end = tokens[index].end
    return min(end, tokens[index + 1].start) if is_part and index + 1 < len(tokens) else end


def _find_row(tokens: _Tokens, word: Words, *, number: int) -> list[Match]:
    """Find the terms where they stand in a row."""
    *inner, (last, last_term) = word.terms[:_COMPARED]
    is_cut = len(word.terms) > _COMPARED
    matches = []
    for index in tokens.places[word.terms[0][1]]:
        end = index + (word.terms[-1][0] if is_cut else last)
        if end >= len(tokens) or any(tokens.rows[index + offset][0] != term for offset, term in inner):
            continue
        term = tokens[index + last].term
        if term == last_term or (word.is_prefix and not is_cut and term.startswith(last_term)):
            matches.append(Match(tokens[index].start, tokens[end].end, number))
    return matches


class _Window(NamedTuple):
    """Matches that are near enough to be shown together."""

    start: int
    end: int
    words: frozenset[int]
    size: int


def _choose_parts(text: str, matches: list[Match]) -> list[tuple[int, int]]:
    """Choose what to show: a short text whole, of a long one where most words are and where others are."""
    if len(text) <= SNIPPET_LENGTH * 1.5:
        return [(0, len(text))]
    matches = _take_first(matches)
    chosen: list[_Window] = []
    shown: frozenset[int] = frozenset()
    while len(chosen) < MAX_SNIPPETS and (rest := [match for match in matches if match.word not in shown]):
        window = max(_list_windows(rest), key=lambda window: (len(window.words), window.size, -window.start))
        chosen.append(window)
        shown |= window.words
    parts = sorted(_widen(text, window) for window in chosen)
    return [part for at, part in enumerate(parts) if at == 0 or part[0] >= parts[at - 1][1]]


def _take_first(matches: list[Match]) -> list[Match]:
    """Take of each word only so many matches."""
    counts: Counter[int] = Counter()
    taken = []
    for match in matches:
        counts[match.word] += 1
        if counts[match.word] <= _WEIGHED:
            taken.append(match)
    return taken


def _list_windows(matches: list[Match]) -> Iterator[_Window]:
    """Yield for each match the window that begins with it; two ends move forward, so it is linear."""
    counts: Counter[int] = Counter()
    after = 0
    for at, first in enumerate(matches):
        while after < len(matches) and (after <= at or matches[after].end <= first.start + SNIPPET_LENGTH):
            counts[matches[after].word] += 1
            after += 1
        yield _Window(first.start, max(first.end, matches[after - 1].end), frozenset(counts), after - at)
        counts[first.word] -= 1
        if not counts[first.word]:
            del counts[first.word]


def _widen(text: str, window: _Window) -> tuple[int, int]:
    """Give a window some text around it, cut between words where there are spaces."""
    margin = max(0, SNIPPET_LENGTH - (window.end - window.start)) // 2
    start, end = max(0, window.start - margin), min(len(text), window.end + margin)
    if start and (space := _SPACE.search(text, start, window.start)):
        start = space.end()
    if end < len(text) and (spaces := list(_SPACE.finditer(text, window.end, end))):
        end = spaces[-1].start()
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
    marked, at = [], start
    for span_start, span_end in spans:
        marked.append(html.escape(text[at:span_start]))
        marked.append(f"<mark>{html.escape(text[span_start:span_end])}</mark>")
        at = span_end
    return {
        "field": path,
        "start": start,
        "text": text[start:end],
        "html": "".join(marked) + html.escape(text[at:end]),
        "matches": spans,
    }
