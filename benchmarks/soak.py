"""Soak a server with good and hostile clients: python benchmarks/soak.py URL KEY PID [SECONDS] [CLIENTS].

Half of the clients read, search and write as services do; the others send what nobody should. Every answer
must have a status that its request may have, and the server's memory must not go on growing: printed are the
memory after the first tenth, at half time and at the end. Exit code 1 for an unexpected status, for a cut
connection where none is due, or for memory that grows by 5 % or more in the second half.
"""

import gzip
import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

WORDS = [
    "council",
    "bridge",
    "river",
    "ferry",
    "harbour",
    "minister",
    "vote",
    "storm",
    "price",
    "school",
    "train",
    "light",
]
Call = tuple[str, str, bytes | None, dict[str, str], set[int]]


class Server:
    """Where to send requests, and with which key."""

    def __init__(self, url: str, key: str) -> None:
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port
        self.key = {"Authorization": f"Bearer {key}"}

    def ask(self, connection: http.client.HTTPConnection, call: Call) -> int:
        """Send a request and read its whole answer."""
        method, path, body, headers, _ = call
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection."""
        return http.client.HTTPConnection(self.host or "", self.port, timeout=60)


def write_page(random_: random.Random) -> str:
    """Make a page with a headline, counters, prose and furniture."""
    prose = "\n".join(
        " ".join(random_.choices(WORDS, k=18)).capitalize()
        + f", officials said in {random_.randrange(9**9)}."
        for _ in range(12)
    )
    head = f"The {random_.choice(WORDS)} reopens\n\n{random_.randrange(999)} views"
    return f"{head}\n\n{prose}\n\nRelated Articles\nShare"


def make_good(random_: random.Random, key: dict[str, str]) -> Call:
    """Make a request of a service."""
    word, article = random_.choice(WORDS), random_.randrange(1, 400)
    plain = {**key, "Content-Type": "text/plain"}
    calls: list[Callable[[], Call]] = [
        lambda: ("GET", f"/v1/articles/{article}", None, {}, {200, 404, 410}),
        lambda: ("GET", "/v1/articles?limit=50", None, {}, {200}),
        lambda: ("GET", f"/v1/search?q={word}+{random_.choice(WORDS)}", None, {}, {200}),
        lambda: ("GET", "/v1/changes?since=0&limit=50", None, {}, {200}),
        lambda: ("POST", "/v1/ingest", write_page(random_).encode(), plain, {201}),
        lambda: (
            "POST",
            "/v1/ingest",
            gzip.compress(write_page(random_).encode()),
            {**plain, "Content-Encoding": "gzip"},
            {201},
        ),
        lambda: (
            "PATCH",
            f"/v1/articles/{article}",
            json.dumps({"headline": write_page(random_)[:40]}).encode(),
            {**key, "Content-Type": "application/merge-patch+json", "If-Match": "*"},
            {200, 404, 410},
        ),
        lambda: ("DELETE", f"/v1/articles/{article}", None, {**key, "If-Match": "*"}, {204, 404, 410}),
    ]
    return random_.choice(calls)()


def make_hostile(random_: random.Random, key: dict[str, str]) -> Call:
    """Make a request that must be refused, or must do no harm."""
    plain, json_type = {**key, "Content-Type": "text/plain"}, {**key, "Content-Type": "application/json"}
    gzipped = {**plain, "Content-Encoding": "gzip"}
    odd = "".join(chr(random_.randrange(1, 0x2FFF)) for _ in range(60))
    calls: list[Callable[[], Call]] = [
        lambda: ("GET", f"/v1/search?q={quote(odd)}", None, {}, {200, 400}),
        lambda: ("GET", "/v1/search?q=" + "(" * 60, None, {}, {200, 400}),
        lambda: ("GET", f"/v1/articles?cursor={quote(odd)}&limit=9999", None, {}, {400}),
        lambda: ("GET", f"/v1/articles/{10**30}", None, {}, {400}),
        lambda: ("GET", "/" + quote(odd), None, {}, {404}),
        lambda: ("POST", "/v1/ingest", odd.encode(), {"Content-Type": "text/plain"}, {401}),
        lambda: ("POST", "/v1/ingest", gzip.compress(b"0" * 30_000_000), gzipped, {413}),
        lambda: ("POST", "/v1/ingest", gzip.compress(b"text" * 99)[:-8], gzipped, {400}),
        lambda: ("POST", "/v1/clean", ("e" + "\u0301\u0323" * 50_000).encode(), plain, {200, 422}),
        lambda: ("POST", "/v1/clean", b"<div>" * 40_000, {**key, "Content-Type": "text/html"}, {422}),
        lambda: ("POST", "/v1/clean", b"a\n" * 9_000, plain, {200, 422}),
        lambda: ("POST", "/v1/articles", b"[" * 100_000, json_type, {400}),
        lambda: ("POST", "/v1/articles", b'{"headline":' + b'{"a":' * 900 + b"1", json_type, {400}),
        lambda: ("POST", "/v1/articles", b"\xff\x00", json_type, {400}),
        lambda: ("POST", "/v1/keys", b"{}", {"Authorization": "Bearer dl_x_y"}, {401, 429}),
        lambda: ("TRACE", "/v1/articles", None, {}, {405}),
        lambda: ("BREW", "/v1/articles", None, {}, {400}),  # no method that the HTTP parser knows
    ]
    return random_.choice(calls)()


def run_client(server: Server, number: int, end: float, seen: Counter[str]) -> None:
    """Send requests until the end; count the answers, and name the unexpected ones."""
    random_, make = random.Random(number), make_hostile if number % 2 else make_good
    connection = server.connect()
    while time.time() < end:
        call = make(random_, server.key)
        try:
            status = server.ask(connection, call)
            seen[
                f"{status}" if status in call[4] else f"UNEXPECTED {status} for {call[0]} {call[1][:60]}"
            ] += 1
        except (OSError, http.client.HTTPException) as error:
            # A refused body is cut off: that is how a client learns of it that is still sending.
            seen[
                "cut" if 413 in call[4] else f"UNEXPECTED {type(error).__name__} for {call[0]} {call[1][:60]}"
            ] += 1
            connection.close()
            connection = server.connect()


def read_memory(pid: str) -> int:
    """Return the resident memory of a process in KiB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def main() -> None:
    """Run the clients and print what was seen."""
    url, key, pid, *rest = sys.argv[1:]
    seconds, clients = (float(rest[0]) if rest else 600.0), (int(rest[1]) if len(rest) > 1 else 16)
    server, seen, start = Server(url, key), Counter[str](), time.time()
    threads = [
        threading.Thread(target=run_client, args=(server, number, start + seconds, seen))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    memory = []
    for share in (0.1, 0.5, 1.0):
        time.sleep(max(0.0, start + share * seconds - time.time()))
        memory.append(read_memory(pid))
    for thread in threads:
        thread.join()
    growth = memory[2] / memory[1] - 1
    print(dict(seen.most_common()))
    print(f"{sum(seen.values())} requests; memory {memory} KiB; second half {growth:+.1%}")
    sys.exit(growth >= 0.05 or any(name.startswith("UNEXPECTED") for name in seen))


if __name__ == "__main__":
    main()
