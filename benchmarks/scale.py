"""What search costs as a store grows: index time, disk, memory, and the time of 20 hits with highlights.

    python -m benchmarks.scale ARTICLES.ndjson QUERIES.json [--sizes 10000,100000] [--keep FOLDER]

The files are those of bench/serving/gen_corpus.py. Articles go straight into the table that searches read,
and through the product's follower into the index; a line is printed for each size and kind of query. Times
are CPU time, since others may use the machine.
"""

import argparse
import itertools
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from app.articles.rows import build_row, prepare_article
from app.articles.shapes import ArticleContent
from app.changes import append_changes
from app.database import make_engine, migrate, read_session, write_session
from app.index import Snapshot, catch_up_once
from app.search.pages import search
from app.search.shapes import SearchQuery
from app.settings import Settings
from app.tables import Article, ArticleTerm, get_table

KINDS = ("rare", "medium", "common", "two_term", "phrase")
BATCH = 2000
QUERIES = 40


def read_articles(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first articles of the corpus."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, itertools.islice(lines, count))


def load(engine: Engine, path: Path, *, first: int, last: int) -> None:
    """Write articles as the product does, but without looking for copies among them."""
    articles = itertools.islice(read_articles(path, last), first, last)
    while batch := list(itertools.islice(articles, BATCH)):
        prepared = [(each["id"], prepare_article(_read_content(each))) for each in batch]
        now = datetime.now(UTC)
        rows = [
            build_row(
                article,
                article_id=number,
                uri=f"urn:scale:{number}",
                seq=number,
                now=now,
                story_id=number,
                duplicate_of=None,
            )
            for number, article in prepared
        ]
        terms = [
            {"field": field, "value": value, "article_id": number}
            for number, article in prepared
            for field, value in article.terms
        ]
        with write_session(engine) as session:
            connection = session.connection()
            connection.execute(insert(get_table(Article)), rows)
            connection.execute(insert(get_table(ArticleTerm)), terms)
            append_changes(session, [_make_change(row) for row in rows])


def _read_content(article: dict[str, Any]) -> ArticleContent:
    return ArticleContent.model_validate(
        {
            "headline": article["title"],
            "body": article["body"],
            "language": article["language"],
            "published_at": article["published_at"],
            "source": {"name": article["source"]},
        }
    )


def _make_change(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "article_id": row["id"],
        "version": 1,
        "kind": "created",
        "fields": [],
        "at": row["created_at"],
    }


def measure(engine: Engine, snapshot: Snapshot, queries: list[SearchQuery]) -> tuple[float, float]:
    """Return median and 99th percentile of a page's CPU time in milliseconds."""
    times, warming = [], queries[:5]
    with read_session(engine) as session:
        for query in [*warming, *queries]:
            start = time.process_time()
            search(session, snapshot, query)
            times.append(1000 * (time.process_time() - start))
    times = sorted(times[len(warming) :])
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def list_queries(path: Path) -> dict[str, list[SearchQuery]]:
    """Read the queries of each kind."""
    written = json.loads(path.read_text(encoding="utf-8"))
    kinds = {
        kind: [SearchQuery(q=f'"{text}"' if kind == "phrase" else text, limit=20) for text in written[kind]]
        for kind in KINDS
    }
    sources = itertools.cycle(written["sources"])
    kinds["filtered"] = [
        SearchQuery(**{"q": text, "limit": 20, "source": [next(sources)], "from": "2018"})
        for text in written["medium"]
    ]
    kinds["faceted"] = [
        SearchQuery(q=text, limit=20, facets="language,source", histogram="year")
        for text in written["common"]
    ]
    return {kind: queries[:QUERIES] for kind, queries in kinds.items()}


def main() -> None:
    """Load, follow and measure at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    queries = list_queries(arguments.queries)
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings(data_dir=arguments.keep or Path(temporary), _env_file=None)
        migrate(settings)
        engine = make_engine(settings)
        done = catch_up_once(engine, settings.effective_index_dir).searcher.num_docs
        for size in map(int, arguments.sizes.split(",")):
            load(engine, arguments.articles, first=done, last=size)
            start, wall = time.process_time(), time.monotonic()
            snapshot = catch_up_once(engine, settings.effective_index_dir)
            spent, wall = time.process_time() - start, time.monotonic() - wall
            disk = sum(
                file.stat().st_size for file in settings.effective_index_dir.rglob("*") if file.is_file()
            )
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            new = max(1, size - done)
            print(
                f"\n{size:,} articles: {1000 * spent / new:.2f} ms of CPU per article indexed "
                f"({new / wall:,.0f}/s), {disk / 1e6:.0f} MB, {snapshot.searcher.num_segments} segments, "
                f"peak memory {memory:.0f} MB\n\n| query | p50 ms | p99 ms |\n|---|---|---|"
            )
            for kind, asked in queries.items():
                p50, p99 = measure(engine, snapshot, asked)
                print(f"| {kind} | {p50:.2f} | {p99:.2f} |", flush=True)
            done = max(done, size)
        engine.dispose()


if __name__ == "__main__":
    main()
