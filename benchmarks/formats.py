"""Whether real pages, cleaned and stored, are valid ninjs and valid feeds.

    python -m benchmarks.formats BENCH/body NINJS-SCHEMA [--pages 200]

Posts that many pages of the measuring sticks, evenly from all their sets, to a server on a store of its own;
then every article is checked against IPTC's schema, and every page of its feeds is read by feedparser.
Exit code 1 if anything is wrong.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import feedparser
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.database import make_engine, migrate, write_session
from app.keys import Scope, create_key
from app.main import create_app
from app.settings import Settings
from benchmarks.pages import read_records

# The schema refers to it; no coordinates are given, so nothing of it is needed.
GEOJSON = "https://geojson.org/schema/GeoJSON.json"


def main() -> None:
    """Post, check, and print what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("schema", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    options = parser.parse_args()
    registry = Registry().with_resource(GEOJSON, DRAFT202012.create_resource({}))
    schema = json.loads(options.schema.read_text())
    validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)
        migrate(settings)
        with write_session(make_engine(settings)) as session:
            key = create_key(session, Scope.WRITE)[1]
        with TestClient(create_app(settings), headers={"Authorization": f"Bearer {key}"}) as client:
            stored = post_pages(client, options.bench, options.pages)
            faults = [*check_ninjs(client, validator, stored), *check_feeds(client, stored)]
    for fault in faults:
        print(fault)
    print(f"{stored} articles, {len(faults)} faults")
    sys.exit(bool(faults) or stored != options.pages)


def post_pages(client: TestClient, bench: Path, wanted: int) -> int:
    """Post pages of each set in turn until so many are stored."""
    sets = [read_records(path) for path in sorted(bench.glob("raw/*.browser.jsonl.gz"))]
    pages: Iterator[dict[str, Any] | None] = chain.from_iterable(zip_longest(*sets))
    answers = (
        client.post("/v1/ingest", json={"raw": page["raw"]}, params={"on_duplicate": "new"})
        for page in pages
        if page is not None
    )
    # What holds no article, or more than a server takes, is refused.
    return len(list(islice((answer for answer in answers if answer.status_code == 201), wanted)))


def check_ninjs(client: TestClient, validator: Draft202012Validator, stored: int) -> Iterator[str]:
    """Validate every article; yields what is wrong."""
    items = list_articles(client, "?format=ninjs&limit=100")
    for item in items:
        for error in validator.iter_errors(item):
            yield f"{item['uri']}: {error.json_path}: {error.message}"
    if len(items) != stored:
        yield f"{len(items)} articles are listed"


def list_articles(client: TestClient, query: str) -> list[dict[str, Any]]:
    """List the items of all pages."""
    page = client.get("/v1/articles" + query)
    items: list[dict[str, Any]] = page.json()["items"]
    return items + (list_articles(client, page.links["next"]["url"]) if "next" in page.links else [])


def check_feeds(client: TestClient, stored: int) -> Iterator[str]:
    """Read all pages of the feed in both formats; yields what is wrong."""
    client.get("/v1/search", params={"min_seq": stored})
    entries, address = 0, "/v1/feed.atom?limit=100"
    while address:
        headers = {"content-type": "application/atom+xml"}
        feed = feedparser.parse(client.get(address).content, response_headers=headers)
        if feed.bozo:
            yield f"{address}: {feed.bozo_exception}"
        entries += len(feed.entries)
        address = next((link.href for link in feed.feed.links if link.rel == "next"), "")
    items, address = 0, "/v1/feed.json?limit=100"
    while address:
        page = client.get(address).json()
        items += len(page["items"])
        address = page.get("next_url", "")
    if (entries, items) != (stored, stored):
        yield f"the feeds have {entries} and {items} entries"


if __name__ == "__main__":
    main()
