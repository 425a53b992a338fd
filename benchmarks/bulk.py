"""How many structured articles a second a batch stores, and how many can be found.

    PYTHONPATH=. python benchmarks/bulk.py LINES.ndjson [--lines 40000]

The file has lines as `POST /v1/ingest/batch` takes them. CPU is that of the server, which is started for it,
and of its children.
"""

import argparse
import asyncio
import http.client
import itertools
import json
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.inserts import KEY, PORT, serve, wait_until_ready

PATIENCE = 600.0


def send(lines: bytes) -> list[dict[str, int]]:
    """Send the batch; return its receipts."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-ndjson"}
    connection.request("POST", "/v1/ingest/batch", lines, headers)
    return [json.loads(line) for line in connection.getresponse().read().splitlines()]


def wait_until_found(seq: int) -> None:
    """Wait until searches see the change with this seq."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
        connection.request("GET", f"/v1/search?q=a&limit=1&min_seq={seq}")
        if connection.getresponse().status == 200:
            return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--lines", type=int, default=40_000)
    options = parser.parse_args()
    with options.file.open("rb") as file:
        lines = b"".join(itertools.islice(file, options.lines))
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), None, 1):
        asyncio.run(wait_until_ready())
        start = time.perf_counter()
        receipts = send(lines)
        stored = time.perf_counter() - start
        wait_until_found(max(receipt.get("seq", 0) for receipt in receipts))
        found = time.perf_counter() - start
    count = sum(receipt["status"] == 201 for receipt in receipts)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (usage.ru_utime + usage.ru_stime) / count * 1000
    print(f"{count} articles: {count / stored:.0f}/s stored, {count / found:.0f}/s found", end=", ")
    print(f"{each:.2f} ms of CPU each")


if __name__ == "__main__":
    main()
