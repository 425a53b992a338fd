"""Reads and searches side by side: the bare Starlette limit, Dateline, datasette, PocketBase and Groonga.

Everything is started here, one server after the other, on the same articles and the same machine, so that
ratios mean something where figures alone do not. It needs `wrk`; datasette and PocketBase are installed into
a virtual environment of their own (`--peers`), Groonga is used where it is installed. Peers that are missing
are skipped, and that is said.

    python benchmarks/serving.py [--count 100000] [--corpus FILE] [--workers 1]

Without `--corpus` (lines {id, title, body, published_at, source, language}) the articles are made up.
"""

import argparse
import collections
import http.client
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from peers import PORT, Corpus, Peer, find_peers, make_dateline, make_limit, run

OPERATIONS = ("one", "newest 20", "rare", "medium", "common", "two words", "phrase", "filtered")
SEARCHES = OPERATIONS[2:]
URLS = 300  # different addresses of an operation
WORD = re.compile(r"[a-z]{4,}")
REPLAY = """
local paths, i = {}, 0
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
request = function() i = i % #paths + 1; return wrk.format("GET", paths[i]) end
done = function(summary, latency)
  io.write(string.format("RESULT %f %f %d %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(99) / 1e3, summary.requests, summary.errors.status + summary.errors.timeout))
end
"""


def make_corpus(path: Path, count: int) -> None:
    """Make up articles of about 2.5 kB, with words as frequent as in life (Zipf)."""
    chosen = random.Random(7)
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in "aeiou"]
    words = sorted({"".join(chosen.choices(syllables, k=chosen.randint(2, 4))) for _ in range(30_000)})
    chosen.shuffle(words)
    weights = list(itertools.accumulate(1 / (rank + 2.7) ** 1.07 for rank in range(len(words))))
    with path.open("w", encoding="utf-8") as out:
        for number in range(1, count + 1):
            text = chosen.choices(words, cum_weights=weights, k=360)
            article = {
                "id": number,
                "title": " ".join(text[:8]).capitalize(),
                "body": "\n\n".join(" ".join(text[k : k + 60]).capitalize() + "." for k in range(0, 360, 60)),
                "published_at": f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02}T08:00:00Z",
                "source": f"source {int(chosen.expovariate(0.5)) % 10}",
                "language": "en",
            }
            out.write(json.dumps(article) + "\n")


def read_corpus(path: Path, count: int) -> Corpus:
    """Count the words of a corpus and choose queries by how many articles have them."""
    corpus, chosen = Corpus(path), random.Random(3)
    frequency: collections.Counter[str] = collections.Counter()
    pairs: collections.Counter[str] = collections.Counter()
    sources: collections.Counter[str] = collections.Counter()
    for article in itertools.islice(corpus, count):
        text = WORD.findall(f"{article['title']} {article['body']}".lower())
        frequency.update(set(text))
        pairs.update({f"{a} {b}" for a, b in itertools.pairwise(text[:80])})
        sources[article["source"]] += 1
        corpus.ids.append(article["id"])
    total = len(corpus.ids)

    def band(low: float, high: float) -> list[str]:
        found = sorted(word for word, seen in frequency.items() if low * total <= seen <= high * total)
        chosen.shuffle(found)
        return found[:URLS]

    medium = band(0.002, 0.01)
    corpus.sources = [name for name, _ in sources.most_common(8)]
    corpus.words = {
        "rare": band(2 / total, 6 / total),
        "medium": medium,
        "common": band(0.05, 0.3),
        "two words": [f"{a} {b}" for a, b in zip(medium[::2], medium[1::2], strict=False)],
        "phrase": [pair for pair, _ in pairs.most_common(URLS)],
        "filtered": medium,
    }
    return corpus


def measure_use(pid: int) -> tuple[float, float]:
    """Measure the CPU seconds and the peak memory in MB of a process and its children."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children = collections.defaultdict(list)
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        children[parent].append(child)
    cpu, memory, waiting = 0.0, 0.0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += children[one]
        with suppress(OSError):
            times = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            cpu += (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
            peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
            memory += int(peak[1]) / 1024 if peak else 0
    return cpu, memory


def list_urls(peer: Peer, corpus: Corpus, operation: str) -> list[str]:
    """List addresses of an operation; empty if the peer has none."""
    chosen, urls = random.Random(5), []
    for number in range(URLS):
        words = corpus.words.get(operation) or [""]
        # Articles that many ask for are asked for more often.
        place = int(len(corpus.ids) * chosen.random() ** 3)
        values = {
            "id": str(corpus.ids[place]),
            "words": words[number % len(words)],
            "source": corpus.sources[number % len(corpus.sources)],
        }
        urls.append(peer.url(operation, values))
    return [url for url in urls if url]


def measure_alone(urls: Iterable[str], seconds: float) -> dict[str, float]:
    """Ask one after the other over one connection."""
    connection, taken, bad = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60), [], 0
    end = time.perf_counter() + seconds
    for number, url in enumerate(urls):
        start = time.perf_counter()
        connection.request("GET", url)
        answer = connection.getresponse()
        answer.read()
        bad += answer.status != 200
        if number >= 10:  # the first ones warm up
            taken.append((time.perf_counter() - start) * 1000)
        if time.perf_counter() > end and len(taken) >= 10:
            break
    taken.sort()
    return {"p50": statistics.median(taken), "p99": taken[int(len(taken) * 0.99)], "bad": bad}


def measure_together(urls: list[str], pid: int, options: argparse.Namespace) -> dict[str, float]:
    """Ask over many connections as fast as answers come."""
    with tempfile.TemporaryDirectory() as name:
        script, paths = Path(name, "replay.lua"), Path(name, "paths")
        script.write_text(REPLAY)
        paths.write_text("\n".join(urls) + "\n")
        before = measure_use(pid)[0]
        said = subprocess.run(
            [
                *("wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds:g}s", "--timeout=10s"),
                *("-s", str(script), f"http://127.0.0.1:{PORT}"),
            ],
            env={**os.environ, "PATHS": str(paths)}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        used = measure_use(pid)[0] - before
    rate, slowest, count, bad = map(float, re.findall(r"RESULT (\S+) (\S+) (\S+) (\S+)", said)[0])
    return {"rate": rate, "together_p99": slowest, "cpu_us": used / max(count, 1) * 1e6, "bad": bad}


def measure(peer: Peer, corpus: Corpus, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all operations that a peer has."""
    found: dict[str, Any] = {}
    with run(peer.command(folder), peer.environment(folder)) as pid:
        for operation in OPERATIONS:
            if urls := list_urls(peer, corpus, operation):
                # Nobody has asked these searches before: what the caches of servers save shows together.
                again = itertools.islice(itertools.cycle(urls), 1000)
                alone = measure_alone(
                    dict.fromkeys(urls) if operation in SEARCHES else again, options.seconds
                )
                together = measure_together(urls, pid, options)
                found[operation] = {**alone, **together, "bad": alone["bad"] + together["bad"]}
                print(f"{peer.name}: {operation}: {found[operation]}", file=sys.stderr)
        found["memory"] = measure_use(pid)[1]
    return found


def print_tables(found: dict[str, dict[str, Any]], options: argparse.Namespace, rate: float) -> None:
    """Print the figures, each with its ratio to Dateline's or to the limit's."""
    ours, limit = found["Dateline"], found["Starlette limit"]
    print(f"{options.count} articles, {options.connections} connections, {options.workers} worker(s).")
    print(f"Dateline took in {rate:.0f} structured articles/s, the index included.\n")
    print("| | one article/s | CPU µs | of the limit's CPU | newest 20/s | of the limit's rate | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for name, one in found.items():
        single, newest = one["one"], one["newest 20"]
        cells = (
            *(f"{single['rate']:.0f}", f"{single['cpu_us']:.0f}"),
            f"{single['cpu_us'] / limit['one']['cpu_us']:.1f}",
            *(f"{newest['rate']:.0f}", f"{newest['rate'] / limit['newest 20']['rate']:.2f}"),
            f"{one['memory']:.0f}",
        )
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nAlone every search is asked once; together {URLS} of a kind are asked again and again.\n")
    print("| search | by | p50 ms | p99 ms | p99 ms together | /s together | p50, times ours | refused |")
    print("|---|---|---|---|---|---|---|---|")
    for operation in SEARCHES:
        for name, one in found.items():
            if asked := one.get(operation):
                cells = (f"{asked[key]:.1f}" for key in ("p50", "p99", "together_p99", "rate"))
                ratio = asked["p50"] / ours[operation]["p50"]
                print(f"| {operation} | {name} | {' | '.join(cells)} | {ratio:.2f} | {asked['bad']:.0f} |")


def main() -> None:
    """Load, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path, help="lines of articles; by default they are made up")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each operation, alone and together")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1, help="Dateline's")
    parser.add_argument("--peers", type=Path, help="virtual environment of the peers; kept, so reused")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = options.corpus or folder / "articles.ndjson"
        if options.corpus is None:
            make_corpus(path, options.count)
        corpus = read_corpus(path, options.count)
        options.count = len(corpus.ids)
        # Dateline first: the limit serves what it answers.
        peers = [make_dateline(options), make_limit(), *find_peers(options.peers or folder / "peers")]
        found, rates = {}, {}
        for peer in peers:
            rates[peer.name] = peer.load(corpus, folder)
            found[peer.name] = measure(peer, corpus, folder, options)
        print_tables(found, options, rates["Dateline"] or 0)


if __name__ == "__main__":
    main()
