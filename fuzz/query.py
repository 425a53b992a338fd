"""Fuzz the query parser: a text is refused as too large or becomes a tree that the index can run."""

import sys

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.articles.filters import Filters
    from app.errors import InvalidQuery
    from app.query import parse_query
    from app.search.matching import match

from tantivy import Document, Index

from app.index import Snapshot
from app.index.schema import build_schema

INDEX = Index(build_schema())
_writer = INDEX.writer(15_000_000, 1)
_writer.add_document(Document())
_writer.commit()
INDEX.reload()
SNAPSHOT = Snapshot(INDEX.searcher(), 0, (("en", 0.5), ("de", 0.3), ("ar", 0.2)))


def check(data: bytes) -> None:
    """Parse a query, and run what it means."""
    text = atheris.FuzzedDataProvider(data).ConsumeUnicode(2000)
    try:
        node = parse_query(text)
    except InvalidQuery:
        return
    found = match(node, Filters(), SNAPSHOT)
    for query in (found.strict, found.loose):
        if query is not None:
            SNAPSHOT.searcher.search(query, 5)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
