"""How well searches find what people want: nDCG@10, MAP and Recall@100 over test collections.

    python -m benchmarks.search_quality BENCH/search [--half 0|1] [--peers] [--only time,cisi]

Each collection becomes a store of its own, of structured articles, followed into an index; its queries are
then asked as `/v1/search` would answer them. `--peers` runs SQLite's FTS5 on the same texts. `--half` takes
every second query, to see how far the parameters depend on which queries they were chosen by.
"""

import argparse
import gzip
import json
import math
import re
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Engine

from app.articles.shapes import ArticleCreate
from app.articles.writes import create_article
from app.database import make_engine, migrate, write_session
from app.index import Snapshot, catch_up_once
from app.search import find_ids
from app.settings import Settings
from app.stemming import is_stop_word

SIX = ("time", "cranfield", "cisi", "med", "npl", "lisa")
ALL = (*SIX, "knownitem", "timeshort")
DEPTH = 100
Run = Callable[[str], list[str]]


def read_documents(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and text of each document."""
    with gzip.open(folder / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            yield str(document["id"]), document.get("title") or "", document.get("body") or ""


def read_queries(folder: Path) -> list[tuple[str, str]]:
    """Read name and text of each query."""
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [(str(query["id"]), query["text"]) for query in map(json.loads, lines)]


def read_judgements(folder: Path) -> dict[str, dict[str, int]]:
    """Read for each query which documents are relevant, and how much."""
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, grade = line.split()
        judged[query][document] = int(grade)
    return judged


def store(folder: Path, engine: Engine) -> list[str]:
    """Store a collection's documents as articles; their ids count from 1."""
    names = []
    with write_session(engine) as session:
        for name, title, body in read_documents(folder):
            create_article(session, ArticleCreate(headline=title.strip() or "-", body=body.strip() or "-"))
            names.append(name)
            if len(names) % 500 == 0:
                session.flush()
                session.expunge_all()
    return names


def run_dateline(snapshot: Snapshot, names: list[str]) -> Run:
    """Ask the product's own index in its own way."""
    return lambda text: [names[number - 1] for number in find_ids(snapshot, text, limit=DEPTH)]


def run_fts5(folder: Path) -> Run:
    """Ask SQLite's FTS5: stemmed, any of the words without stop words, the title three times."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(name UNINDEXED, title, body, tokenize='porter')")
    database.executemany("INSERT INTO texts VALUES (?, ?, ?)", read_documents(folder))

    def run(text: str) -> list[str]:
        words = [word for word in re.findall(r"\w+", text.lower()) if not is_stop_word(word, ["en"])]
        wanted = " OR ".join(f'"{word}"' for word in words)
        rows = database.execute(
            "SELECT name FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 0, 3, 1) LIMIT ?",
            (wanted, DEPTH),
        )
        return [row[0] for row in rows]

    return run


def measure(found: list[str], relevant: dict[str, int]) -> tuple[float, float, float]:
    """Compute nDCG@10 (gain = grade), average precision and recall among the first 100."""
    gains = [relevant.get(name, 0) for name in found]
    ideal = sorted(relevant.values(), reverse=True)
    ndcg = _sum_discounted(gains[:10]) / _sum_discounted(ideal[:10])
    at = [rank for rank, gain in enumerate(gains, 1) if gain > 0]
    total = sum(grade > 0 for grade in ideal)
    precision = sum(count / rank for count, rank in enumerate(at, 1)) / total
    return ndcg, precision, len(at) / total


def _sum_discounted(gains: list[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def judge(run: Run, folder: Path, half: int | None) -> tuple[float, float, float]:
    """Average the measures over the queries that have something relevant."""
    judged = read_judgements(folder)
    queries = [query for query in read_queries(folder) if any(judged.get(query[0], {}).values())]
    queries = queries if half is None else queries[half::2]
    measured = [measure(run(text), judged[name]) for name, text in queries]
    return tuple(sum(column) / len(measured) for column in zip(*measured, strict=True))  # type: ignore[return-value]


def print_table(title: str, rows: dict[str, tuple[float, float, float]]) -> None:
    """Print a table as Markdown."""
    print(f"\n| {title} | nDCG@10 | MAP | Recall@100 |\n|---|---|---|---|")
    six = [rows[name] for name in SIX if name in rows]
    if len(six) == len(SIX):
        mean: tuple[float, ...] = tuple(sum(column) / len(six) for column in zip(*six, strict=True))
        rows = {**rows, "mean of the six": mean}  # type: ignore[dict-item]
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")


def main() -> None:
    """Measure the collections and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collections", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", default=",".join(ALL))
    arguments = parser.parse_args()
    tables: dict[str, dict[str, tuple[float, float, float]]] = defaultdict(dict)
    for name in arguments.only.split(","):
        folder = arguments.collections / name
        with tempfile.TemporaryDirectory() as data:
            settings = Settings(data_dir=Path(data), _env_file=None)
            migrate(settings)
            engine = make_engine(settings)
            names = store(folder, engine)
            snapshot = catch_up_once(engine, settings.effective_index_dir)
            tables["Dateline"][name] = judge(run_dateline(snapshot, names), folder, arguments.half)
            engine.dispose()
        if arguments.peers:
            tables["SQLite FTS5"][name] = judge(run_fts5(folder), folder, arguments.half)
    for title, rows in tables.items():
        print_table(title, rows)


if __name__ == "__main__":
    main()
