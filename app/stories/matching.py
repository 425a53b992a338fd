"""Looking a text up among all that is stored: exact copies by fingerprint, others by their sketches.

It runs inside the transaction that stores the text. Those run one after the other on either database
(`app.database`), whatever process they come from, so of two copies posted at once the second finds the first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.stories.comparing import Comparison, Method, agree_in_headline, compare, find_copy, says_copy
from app.stories.sketches import (
    Bearers,
    Row,
    add_bearer,
    expect_shared,
    find_bearers,
    rank_candidates,
    store_rows,
)
from app.stories.texts import Text, read_text
from app.tables import Article, get_table

# Candidates whose texts are compared; the first is nearly always the right one.
MOST_COMPARED = 4
# Of the hashes that a text would share if it were all in the other, a copy shares this much: of the labelled
# copies 0.3 % share less.
LEAST_SHARED = 0.2
# Articles with the same body that are looked at; only short bodies can have more that are no copies.
MOST_SAME = 5
# The same body of fewer words ("Watch the video") makes a copy only if the headlines agree.
FEW_WORDS = 5

_ARTICLES = get_table(Article)
PIECE_COLUMNS = [
    _ARTICLES.c[name]
    for name in (
        *("id", "status", "created_at", "story_id", "duplicate_of", "fingerprint"),
        *("headline", "body", "dateline", "dateline_date", "published_at"),
    )
]
_BY_ID = select(*PIECE_COLUMNS).where(
    _ARTICLES.c.id.in_(bindparam("ids", expanding=True)), _ARTICLES.c.deleted_at.is_(None)
)
_SAME_BODIES = (
    select(_ARTICLES.c.fingerprint)
    .where(
        _ARTICLES.c.fingerprint.in_(bindparam("fingerprints", expanding=True)),
        _ARTICLES.c.deleted_at.is_(None),
    )
    .distinct()
)
_BY_BODY = (
    select(*PIECE_COLUMNS)
    .where(_ARTICLES.c.fingerprint == bindparam("fingerprint"), _ARTICLES.c.deleted_at.is_(None))
    .order_by(_ARTICLES.c.id)
    .limit(MOST_SAME)
)


@dataclass(slots=True)
class Member:
    """An article's place among the stories. Of one that is not stored yet, it is written with the article."""

    article_id: int
    status: str
    created_at: datetime
    story_id: int
    duplicate_of: int | None
    is_stored: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """An article as it is looked up and compared."""

    member: Member
    text: Text
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Match:
    """A stored article that a text is a copy of."""

    piece: Piece
    method: Method
    comparison: Comparison | None = None

    @property
    def similarity(self) -> float:
        """The share of the shorter text that both have, 0 to 1."""
        return self.comparison.similarity if self.comparison else 1.0

    def describe(self) -> dict[str, Any]:
        """Return what the API tells of it: the article, how similar, how that is known, what differs."""
        told = self.comparison.describe() if self.comparison else {"similarity": 1.0, "differs": []}
        return {
            "article_id": self.piece.member.article_id,
            "method": self.method,
            "similarity": told["similarity"],
            "differs": told["differs"],
        }


def read_piece(row: Any) -> Piece:
    """Read a piece from an article or a row that has its columns."""
    member = Member(row.id, row.status, row.created_at, row.story_id or row.id, row.duplicate_of)
    return Piece(member, read_text(row), row.fingerprint)


def match_pair(piece: Piece, other: Piece) -> Match:
    """Say how two articles of a story compare."""
    found = compare(piece.text, other.text)
    if piece.fingerprint == other.fingerprint:
        return Match(other, Method.EXACT, replace(found, similarity=1.0))  # of two words there is no triple
    method = Method.NEAR if says_copy(found, piece.text, other.text) else Method.LINKED
    return Match(other, method, found)


def _is_likely(text: Text, candidate: Text, shared: int) -> bool:
    """Tell whether two texts share enough hashes to be worth a comparison.

    The candidate's words are estimated by its length, since counting them is what a comparison costs.
    """
    words = len(text.words)
    other_words = max(1.0, words * candidate.length / text.length)
    return shared >= LEAST_SHARED * expect_shared(words, other_words)


@dataclass(slots=True)
class Finder:
    """The look-ups of one transaction; it remembers what it has read, and what is to be stored."""

    session: Session
    pieces: dict[int, Piece] = field(default_factory=dict)
    _bearers: Bearers = field(default_factory=dict)
    _same_bodies: set[str] = field(default_factory=set)
    _rows: list[Row] = field(default_factory=list)

    def prepare(self, newcomers: Sequence[Piece], sketches: Iterable[Collection[int]]) -> None:
        """Read at once what the look-ups of several texts begin with."""
        sketched = list({number for sketch in sketches for number in sketch})
        self._bearers = find_bearers(self.session, sketched)
        fingerprints = [newcomer.fingerprint for newcomer in newcomers]
        if len(fingerprints) > 1:
            found = self.session.connection().execute(_SAME_BODIES, {"fingerprints": fingerprints})
            fingerprints = list(found.scalars())
        self._same_bodies = set(fingerprints)  # of a single one, the look-up itself tells

    def read_ahead(self, sketches: Iterable[Collection[int]]) -> None:
        """Read at once the articles that the look-ups will most likely compare."""
        likely = {number for sketch in sketches for number, _ in self._rank(sketch)[:MOST_COMPARED]}
        self._read(list(likely))

    def find_matches(self, newcomer: Piece, sketch: Collection[int]) -> list[Match]:
        """Find the articles that a text is a copy of, the best first; one of each story is enough."""
        same = self._find_same(newcomer)
        if same is not None:
            return [Match(same, Method.EXACT)]
        ranked = self._rank(sketch)
        shared = {number: count for number, count in ranked if number != newcomer.member.article_id}
        matches: list[Match] = []
        stories: set[int] = set()
        for candidate in self._read(list(shared)[:MOST_COMPARED]):
            if candidate.member.story_id in stories or not _is_likely(
                newcomer.text, candidate.text, shared[candidate.member.article_id]
            ):
                continue
            comparison = find_copy(newcomer.text, candidate.text)
            if comparison is not None:
                stories.add(candidate.member.story_id)
                matches.append(Match(candidate, Method.NEAR, comparison))
        return sorted(matches, key=lambda match: (-match.similarity, match.piece.member.article_id))

    def _rank(self, sketch: Collection[int]) -> list[tuple[int, int]]:
        bearers = {number: self._bearers[number] for number in sketch if number in self._bearers}
        return rank_candidates(bearers, len(sketch)) if bearers else []

    def add(self, newcomer: Piece, sketch: Collection[int]) -> None:
        """Let those that come after a text find it; `store` stores its sketch."""
        article_id = newcomer.member.article_id
        self._rows += add_bearer(self._bearers, article_id, sketch)
        self.pieces[article_id] = newcomer
        self._same_bodies.add(newcomer.fingerprint)

    def store(self) -> None:
        """Store the sketches of all that were added."""
        store_rows(self.session, self._rows)
        self._rows = []

    def _find_same(self, newcomer: Piece) -> Piece | None:
        """Find the earliest article with the same body. A short one says little: headlines must agree."""
        if newcomer.fingerprint not in self._same_bodies:
            return None
        waiting = [
            piece
            for piece in self.pieces.values()
            if piece.fingerprint == newcomer.fingerprint and not piece.member.is_stored
        ]
        rows = self.session.connection().execute(_BY_BODY, {"fingerprint": newcomer.fingerprint})
        for piece in [*(self.keep(row) for row in rows), *waiting]:
            if piece.member.article_id != newcomer.member.article_id and (
                len(newcomer.text.words) >= FEW_WORDS or agree_in_headline(newcomer.text, piece.text)
            ):
                return piece
        return None

    def _read(self, ids: Sequence[int]) -> list[Piece]:
        """Read the pieces of these articles, in this order; what has been deleted is left out."""
        unknown = [article_id for article_id in ids if article_id not in self.pieces]
        if unknown:
            for row in self.session.connection().execute(_BY_ID, {"ids": unknown}):
                self.keep(row)
        return [self.pieces[article_id] for article_id in ids if article_id in self.pieces]

    def keep(self, row: Any) -> Piece:
        """Remember an article; the same one is always the same piece."""
        return self.pieces.setdefault(row.id, read_piece(row))
