"""The sketch of a body: a sample of its shingles' hashes, by which stored articles are found that share some.

A shingle is five words in a row. The lowest hashes of a body are its sketch, so two bodies with the same
shingles sample the same ones: of a text that was cut, the long version's sketch still names a share. What is
found is only a candidate; `comparing` decides.

Rows of `article_shingles` name the articles of each hash. One that many articles bear (a notice, a mould)
says nothing of any of them and gets no more rows, so that a look-up costs the same however large the store
is.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from zlib import crc32

from sqlalchemy import ARRAY, JSON, Integer, any_, bindparam, delete, func, select
from sqlmodel import Session

from app.database import insert_plain
from app.tables import ArticleShingle, get_table

SHINGLE = 5
# Hashes of a body: one for so many words, but so many at least and at most. On the labelled pairs 0.3 % of
# the copies share fewer than two with the text that they are copies of.
WORDS_PER_HASH = 24
FEWEST = 12
MOST = 48
# How many times as many hashes are sorted as a sketch has.
MORE_THAN_WANTED = 3
_HASHES = 2**32
# Articles that may bear a hash. A story with more copies is found all the same, by the first of them.
MOST_BEARERS = 16
# A body with fewer hashes than this may share a single one with its copy.
SHORT_SKETCH = 8
# A single shared hash counts in any case if hardly anybody bears it: a text cut to a tenth may share no more.
RARE = 2

_SHINGLES = get_table(ArticleShingle)
_BEARERS = select(_SHINGLES.c.hash, _SHINGLES.c.article_id)
# One parameter for all hashes: a statement that is written anew for each number of them takes twice the time.
_FIND = {
    "sqlite": _BEARERS.where(
        _SHINGLES.c.hash.in_(
            select(func.json_each(bindparam("hashes", type_=JSON)).table_valued("value").c.value)
        )
    ),
    "postgresql": _BEARERS.where(_SHINGLES.c.hash == any_(bindparam("hashes", type_=ARRAY(Integer)))),
}
_DELETE = delete(_SHINGLES).where(
    _SHINGLES.c.hash.in_(bindparam("hashes", expanding=True)),
    _SHINGLES.c.article_id == bindparam("article"),
)

# hash -> the articles that bear it
Bearers = dict[int, list[int]]
# of `article_shingles`: hash and article
Row = tuple[int, int]


def sketch_words(words: Sequence[str]) -> list[int]:
    """Sample the shingles of a text: the lowest of their hashes, as signed numbers of 32 bits.

    A text of fewer than five words has one shingle: itself.

    >>> sketch_words("rain is expected today".split())
    [-403906295]
    """
    if not words:
        return []
    text = " ".join(words)
    joined = text.encode("utf-8", "surrogatepass")
    # Of ASCII each character is a byte, so that no word need be encoded by itself.
    encoded = words if len(joined) == len(text) else joined.split(b" ")
    starts = [0, *accumulate(map((1).__add__, map(len, encoded)))]
    count = max(1, len(words) - SHINGLE + 1)
    ends = starts[min(SHINGLE, len(words)) :]
    wanted = _count_hashes(len(words))
    # Nearly always the lowest are among those under a limit that some times as many pass: to keep and sort
    # all would take half as long again.
    for limit in (MORE_THAN_WANTED * wanted * _HASHES // count, _HASHES):
        lowest = {
            number
            for start, end in zip(starts[:count], ends, strict=True)
            if (number := crc32(joined[start : end - 1])) < limit
        }
        if len(lowest) >= wanted:
            break
    return [number - 2**31 for number in sorted(lowest)[:wanted]]


def _count_hashes(words: float) -> int:
    """Say how many hashes the sketch of so many words has at most."""
    return min(MOST, max(FEWEST, int(words / WORDS_PER_HASH)))


def expect_shared(words: float, other_words: float) -> float:
    """Say how many hashes two texts of these lengths would share if one were all in the other."""
    sampled = min(_count_hashes(count) / count for count in (words, other_words))
    return sampled * min(words, other_words)


def find_bearers(session: Session, hashes: Sequence[int]) -> Bearers:
    """Find the articles that bear any of these hashes."""
    bearers: Bearers = {}
    if hashes:
        connection = session.connection()
        found = connection.execute(_FIND[connection.dialect.name], {"hashes": hashes})
        for number, article_id in found.all():  # at once, in half the time of one by one
            bearers.setdefault(number, []).append(article_id)
    return bearers


def rank_candidates(bearers: Bearers, sketch_size: int) -> list[tuple[int, int]]:
    """Rank the articles that may be copies: those that share the most, and the rarest, hashes first.

    Returns each one's id and how many hashes it shares.
    """
    shared: Counter[int] = Counter()
    weights: dict[int, float] = {}
    rare: set[int] = set()
    for articles in bearers.values():
        shared.update(articles)
        if len(articles) <= RARE:
            rare.update(articles)
        for article_id in articles:
            weights[article_id] = weights.get(article_id, 0.0) + 1 / len(articles)
    likely = [
        (article_id, count)
        for article_id, count in shared.items()
        if count > 1 or sketch_size < SHORT_SKETCH or article_id in rare
    ]
    return sorted(likely, key=lambda found: (-weights[found[0]], found[0]))


def add_bearer(bearers: Bearers, article_id: int, sketch: Iterable[int]) -> list[Row]:
    """Add an article to those that are found; return the rows to store: none for a hash that many bear."""
    rows: list[Row] = []
    for number in sketch:
        known = bearers.setdefault(number, [])
        if article_id not in known and len(known) < MOST_BEARERS:
            known.append(article_id)
            rows.append((number, article_id))
    return rows


def store_rows(session: Session, rows: Sequence[Row]) -> None:
    """Store the rows of any number of sketches."""
    insert_plain(session, _SHINGLES, sorted(rows))  # in the order of the table, so that each page is met once


def remove_sketch(session: Session, article_id: int, sketch: Collection[int]) -> None:
    """Remove what has been stored of an article's sketch."""
    if sketch:
        session.connection().execute(_DELETE, {"hashes": list(sketch), "article": article_id})
