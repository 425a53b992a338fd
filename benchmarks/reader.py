"""How long the server takes to write the pages of a store, and how large they are.

    python benchmarks/reader.py --data-dir DIR

DIR is a data folder with articles; nothing is written but its search index, where that is behind.
"""

import argparse
import re
import time
from pathlib import Path

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings

ROUNDS = 15


def main() -> None:
    """Measure each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    settings = Settings(data_dir=parser.parse_args().data_dir, _env_file=None)
    with TestClient(create_app(settings)) as client:
        while client.get("/health/ready").status_code != 200:
            time.sleep(0.2)
        print(client.get("/v1/search?count=exact&limit=1").json()["count"], "articles")
        article, word = re.findall(r'href="(/articles/\d+)">(\w+)', client.get("/").text)[0]
        for path in ("/", f"/?q={word}", f"/?q={word[:3]}", "/?language=en", "/?sort=oldest", article):
            measure(client, path)


def measure(client: TestClient, path: str) -> None:
    """Print the median of a page's times, of all threads of the process and by the clock."""
    taken = []
    for _ in range(ROUNDS):
        clock, cpu = time.perf_counter(), time.process_time()
        response = client.get(path)
        taken.append((time.process_time() - cpu, time.perf_counter() - clock))
    cpu, clock = (sorted(times)[ROUNDS // 2] * 1000 for times in zip(*taken, strict=True))
    print(
        f"{path:24} {response.status_code} {len(response.content):7,} bytes {cpu:6.1f} ms CPU {clock:6.1f} ms"
    )


if __name__ == "__main__":
    main()
