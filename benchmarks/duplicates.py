"""How well copies are told from reports that only look alike, and what looking for them costs.

    python benchmarks/duplicates.py quality FOLDER            # articles.jsonl.gz and pairs.jsonl.gz
    python benchmarks/duplicates.py cost synth.py [--sizes 10000 100000 1000000]

`quality` stores every raw text through the functions that POST /v1/ingest calls, in a new SQLite store, and
compares the stories with the labelled pairs: all, and on each half of the stories, which must not differ
much. Beside it stand MinHash LSH (rensa, 128 permutations, five-word shingles, similarity 0.5) and the
containment of word triples alone, both on the same cleaned bodies.

`cost` grows a store with the articles that synth.py makes, of which 5 % are marked copies, and measures the
CPU time of placing more: their sketch, the look-up with all comparisons, storing the sketch. The store is
filled with the very rows that storing one article after the other leaves, but in bulk; only the JSON that
reads serve is left out.
"""

import argparse
import gzip
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy
from rensa import RMinHash, RMinHashLSH
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.articles.rows import prepare_article
from app.articles.shapes import ArticleContent
from app.articles.writes import show_row
from app.cleaning import fingerprint_text
from app.database import make_engine, migrate, read_session, write_session
from app.errors import DatelineError
from app.ingest.articles import clean_submission, store_submission
from app.ingest.submissions import read_submission
from app.settings import Settings
from app.stories.placing import place_articles, read_newcomer
from app.stories.sketches import MOST_BEARERS, SHINGLE, sketch_words
from app.stories.texts import Text
from app.tables import Article

Clusters = dict[str, int]
PERMUTATIONS = 128
BANDS = 32
# Articles that are placed in each measurement.
MEASURED = 2000
CHUNK = 1000


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


class Groups:
    """Union-find over ids."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.parents = {name: name for name in ids}

    def find(self, name: str) -> str:
        """Find the group's name."""
        while self.parents[name] != name:
            self.parents[name] = name = self.parents[self.parents[name]]
        return name

    def join(self, one: str, other: str) -> None:
        """Put two into one group."""
        self.parents[self.find(one)] = self.find(other)

    def number(self) -> Clusters:
        """Number the groups."""
        numbers = {name: number for number, name in enumerate(self.parents)}
        return {name: numbers[self.find(name)] for name in self.parents}


def store_all(articles: list[dict[str, Any]]) -> tuple[Clusters, dict[str, str], float]:
    """Store the raw texts; return each one's story, its cleaned body, and the CPU milliseconds per text."""
    stored: dict[str, int] = {}
    bodies: dict[str, str] = {}
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)
        migrate(settings)
        engine = make_engine(settings)
        for chunk in chunks(articles, 50):
            cleaned = []
            for article in chunk:
                try:
                    found = clean_submission(read_submission("text/plain", article["raw"].encode()))
                except DatelineError:
                    continue  # it holds no article: nothing is stored
                bodies[article["id"]] = found.content.body
                cleaned.append((article["id"], found))
            start = time.process_time()
            with write_session(engine) as session:
                for name, found in cleaned:
                    stored[name] = store_submission(session, found)[0].id
                    session.flush()
            seconds += time.process_time() - start
        with read_session(engine) as session:
            stories = dict(session.execute(text("SELECT id, story_id FROM articles")).all())
        engine.dispose()
    return {name: stories[number] for name, number in stored.items()}, bodies, seconds * 1000 / len(stored)


def chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    """Cut a list into pieces."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def cluster_by_minhash(texts: dict[str, Text], threshold: float) -> Clusters:
    """Join what MinHash LSH takes for copies."""
    groups = Groups(texts)
    index = RMinHashLSH(threshold, PERMUTATIONS, BANDS)
    hashes, names = [], list(texts)
    for number, name in enumerate(names):
        words = texts[name].words
        sketch = RMinHash(PERMUTATIONS, 1)
        sketch.update([" ".join(words[place : place + SHINGLE]) for place in range(max(1, len(words) - 4))])
        for other in index.query(sketch):
            if sketch.jaccard(hashes[other]) >= threshold:
                groups.join(name, names[other])
        index.insert(number, sketch)
        hashes.append(sketch)
    return groups.number()


def cluster_by_containment(texts: dict[str, Text], threshold: float) -> Clusters:
    """Join texts of which the longer has so many of the shorter one's word triples."""
    groups = Groups(texts)
    bearers: dict[int, list[str]] = defaultdict(list)
    for name, found in texts.items():
        sketch = sketch_words(found.words)
        for other in {other for number in sketch for other in bearers[number]}:
            triples, others = found.triples, texts[other].triples
            fewer = min(len(triples), len(others))
            if fewer and len(triples & others) >= threshold * fewer:
                groups.join(name, other)
        for number in sketch:
            bearers[number].append(name)
    return groups.number()


def score(clusters: Clusters, pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare clusters with labelled pairs; a text that was not stored is in no cluster."""
    counts: Counter[str] = Counter()
    for pair in pairs:
        first, second = clusters.get(pair["a"]), clusters.get(pair["b"])
        is_same = first is not None and first == second
        counts[("true" if is_same == bool(pair["label"]) else "false") + (" +" if is_same else " -")] += 1
        if "template" in pair["kind"]:
            counts["templates"] += 1
            counts["merged"] += is_same
    true, wrong, missed = counts["true +"], counts["false +"], counts["false -"]
    return {
        "F1": 2 * true / max(1, 2 * true + wrong + missed),
        "precision": true / max(1, true + wrong),
        "recall": true / max(1, true + missed),
        "templates": counts["merged"] / max(1, counts["templates"]),
    }


def measure_quality(folder: Path) -> None:
    """Print the table of quality."""
    articles = list(read_lines(folder / "articles.jsonl.gz"))
    pairs = list(read_lines(folder / "pairs.jsonl.gz"))
    halves = {article["id"]: zlib.crc32(article["story"].encode()) % 2 for article in articles}
    parts = {
        "all": pairs,
        "half 1": [pair for pair in pairs if halves[pair["a"]] == 0],
        "half 2": [pair for pair in pairs if halves[pair["a"]] == 1],
    }
    dateline, bodies, milliseconds = store_all(articles)
    shuffled = articles[:]
    random.Random(1).shuffle(shuffled)
    texts = {name: Text(None, body, None) for name, body in bodies.items()}
    print(f"{len(bodies)} of {len(articles)} texts stored, {milliseconds:.2f} ms of CPU each after cleaning")
    print("| | pairs | F1 | precision | recall | templates merged |\n|---|---|---|---|---|---|")
    for name, clusters in (
        ("MinHash LSH 0.5", cluster_by_minhash(texts, 0.5)),
        ("containment 0.7", cluster_by_containment(texts, 0.7)),
        ("Dateline", dateline),
        ("Dateline, shuffled", store_all(shuffled)[0]),
    ):
        for part, chosen in parts.items():
            found = score(clusters, chosen)
            print(
                f"| {name} | {part} | {found['F1']:.4f} | {found['precision']:.4f} | {found['recall']:.4f} "
                f"| {found['templates']:.1%} |"
            )


def make_articles(program: Path, count: int) -> Iterator[dict[str, Any]]:
    """Make articles with synth.py."""
    arguments = [sys.executable, str(program), str(count), "--seed", "1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)


def make_row(made: dict[str, Any], number: int, now: datetime) -> Any:
    """Make an article's row, without the costs of checking what it says."""
    content = ArticleContent.model_construct(headline=made["title"], body=made["body"], language="en")
    article = show_row(prepare_article(content), number, now)
    article.published_at = datetime.fromisoformat(made["published_at"]).replace(tzinfo=UTC)
    return article


def measure_cost(program: Path, sizes: list[int]) -> None:
    """Fill a store to each size, and measure what placing more articles costs there."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)
        migrate(settings)
        engine = make_engine(settings)
        now = datetime.now(UTC)
        made = make_articles(program, sizes[-1] + MEASURED)
        hashes: list[Any] = []
        owners: list[Any] = []
        pending: list[dict[str, Any]] = []
        filled = 0
        print("| stored | sketch ms | look-up ms | store ms | in all | copies found | rows per article |")
        print("|---|---|---|---|---|---|---|")
        for size in sizes:
            wanted = size + MEASURED - filled - len(pending)
            pending += itertools.islice(made, wanted)
            fill, pending = pending[: size - filled], pending[size - filled :]
            for chunk in chunks(fill, CHUNK):
                rows = []
                for article in chunk:
                    filled += 1
                    row = fill_row(article, filled, now)
                    rows.append(row)
                    sketch = sketch_words(Text(None, row["body"], None).words)
                    hashes.append(numpy.array(sketch, numpy.int32))
                    owners.append(numpy.full(len(sketch), filled, numpy.int64))
                with write_session(engine) as session:
                    session.connection().execute(Article.__table__.insert(), rows)  # type: ignore[attr-defined]
            del fill
            count = load_shingles(engine, numpy.concatenate(hashes), numpy.concatenate(owners))
            print_cost(engine, pending, size, rows_per_article=count / size)
        engine.dispose()


def fill_row(made: dict[str, Any], number: int, now: datetime) -> dict[str, Any]:
    """Make the columns of an article that only fills the store."""
    values = dict.fromkeys(Article.model_fields)
    texts = {"headline": made["title"], "body": made["body"], "fingerprint": fingerprint_text(made["body"])}
    known = {"id": number, "uri": str(number), "seq": number, "story_id": number, "version": 1}
    empty = {name: [] for name in ("version_fields", "authors", "tags", "media", "metrics")}
    told = {"language": "en", "status": "usable", "version_kind": "created", "document": "{}", "brief": "{}"}
    moments = dict.fromkeys(("created_at", "updated_at", "sorted_at"), now)
    published = datetime.fromisoformat(made["published_at"]).replace(tzinfo=UTC)
    counts = {"word_count": 0, "media_count": 0, "edited": {}, "published_at": published}
    return {**values, **texts, **known, **empty, **told, **moments, **counts}


def load_shingles(engine: Engine, hashes: Any, owners: Any) -> int:
    """Put all sketches into the table, in its order, of each hash only those that came first."""
    order = numpy.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    starts = numpy.flatnonzero(numpy.r_[True, hashes[1:] != hashes[:-1]])
    ranks = numpy.arange(len(hashes)) - numpy.repeat(starts, numpy.diff(numpy.r_[starts, len(hashes)]))
    kept = ranks < MOST_BEARERS
    rows = zip(hashes[kept].tolist(), owners[kept].tolist(), strict=True)
    with write_session(engine) as session:
        connection = session.connection()
        connection.execute(text("DELETE FROM article_shingles"))
        cursor = connection.connection.cursor()
        cursor.executemany("INSERT INTO article_shingles (hash, article_id) VALUES (?, ?)", rows)
    return int(kept.sum())


class _Undo(Exception):
    """Rolls a measurement back."""


def print_cost(engine: Engine, made: list[dict[str, Any]], size: int, *, rows_per_article: float) -> None:
    """Place articles one by one and print the CPU time of each part; nothing of it stays."""
    times: Counter[str] = Counter()
    known = found = 0
    now = datetime.now(UTC)
    numbers = {article["id"]: size + place for place, article in enumerate(made, start=1)}
    try:
        with write_session(engine) as session:
            for article in made:
                row = make_row(article, numbers[article["id"]], now)
                start = time.process_time()
                newcomer = read_newcomer(row)
                times["sketch"] += time.process_time() - start
                start = time.process_time()
                place = place_articles(session, [newcomer])[0]
                times["place"] += time.process_time() - start
                if article["dup_of"]:
                    original = int(article["dup_of"].rpartition("-")[2]) + 1
                    if original <= size:  # the others have no row: they are rolled back
                        known += 1
                        found += place.match is not None and place.match.piece.member.article_id == original
                times["store"] += measure_storing(session, row.id, newcomer.sketch)
            raise _Undo
    except _Undo:
        pass
    sketch, place_time, store = (times[name] * 1000 / len(made) for name in ("sketch", "place", "store"))
    print(
        f"| {size:,} | {sketch:.3f} | {place_time - store:.3f} | {store:.3f} | {sketch + place_time:.3f} "
        f"| {found} of {known} | {rows_per_article:.1f} |",
        flush=True,
    )


def measure_storing(session: Session, article_id: int, sketch: list[int]) -> float:
    """Store a sketch again under another number, and return the CPU seconds of that alone."""
    rows = [{"hash": number, "article_id": article_id + 10_000_000} for number in sketch]
    start = time.process_time()
    session.connection().execute(
        text("INSERT INTO article_shingles (hash, article_id) VALUES (:hash, :article_id)"), rows
    )
    return time.process_time() - start


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    quality = commands.add_parser("quality")
    quality.add_argument("folder", type=Path)
    cost = commands.add_parser("cost")
    cost.add_argument("program", type=Path)
    cost.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments = parser.parse_args()
    if arguments.command == "quality":
        measure_quality(arguments.folder)
    else:
        measure_cost(arguments.program, sorted(arguments.sizes))


if __name__ == "__main__":
    main()
