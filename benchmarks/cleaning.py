"""Measure the cleaning on the measuring sticks, beside others, in one run.

    python benchmarks/cleaning.py --bench BENCH [--share 0.2] [--floor FILE]

The figures of Dateline are of pages that its model was trained on: docs/model.md has those of unseen domains
(`train.py validate`). Peers that are not installed are left out (pip install ".[bench]"). The second part of
the table is pages per second of processor time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pages import Page, judge_body, load_pages, print_table, summarise

from app.cleaning import Hints, clean

Cleaner = Callable[[str], str]
LONG = 80  # characters
SEED = 1


def find_cleaners(style: str) -> dict[str, Cleaner]:
    """Return what can be compared on this kind of input."""
    if style != "html":
        return {
            "dateline": lambda raw: clean(raw).body,
            "lines over 80 characters": lambda raw: "\n".join(
                line for line in raw.split("\n") if len(line) > LONG
            ),
            "no cleaning": lambda raw: raw,
        }
    cleaners: dict[str, Cleaner] = {"dateline": lambda raw: clean(raw, Hints(content_type="text/html")).body}
    if importlib.util.find_spec("trafilatura"):
        import trafilatura

        cleaners["trafilatura"] = lambda raw: trafilatura.extract(raw, include_comments=False) or ""
        cleaners["trafilatura precise"] = lambda raw: (
            trafilatura.extract(raw, include_comments=False, favor_precision=True) or ""
        )
    from resiliparse.extract.html2text import extract_plain_text

    cleaners["resiliparse"] = lambda raw: extract_plain_text(raw, main_content=True)
    return cleaners


def measure(pages: Sequence[Page], styles: Sequence[str]) -> dict[str, float]:
    """Print a table for every style, and return the figures that have floors."""
    figures: dict[str, float] = {}
    for style in styles:
        mine = [page for page in pages if page.style == style and page.is_usable]
        for name, cleaner in find_cleaners(style).items():
            start = time.process_time()
            bodies = [cleaner(page.raw) for page in mine]
            speed = len(mine) / (time.process_time() - start)
            rows = summarise(
                [(page, judge_body(page, body)) for page, body in zip(mine, bodies, strict=True)], by="style"
            )
            print(f"\n{name}, {style}: {speed:.0f} pages/s")
            print_table([row for row in rows if row[0].endswith(("NEWS4", "MACRO"))])
            if name == "dateline":
                for row in rows[:2]:
                    figures[f"{row[0]} f1"] = row[2]
    return figures


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="share of the pages")
    parser.add_argument("--styles", nargs="+", default=["browser", "residual", "html"])
    parser.add_argument("--floor", type=Path, help="file of figures that must be reached")
    options = parser.parse_args()
    chance = random.Random(SEED)
    pages = [page for page in load_pages(options.bench) if chance.random() < options.share]
    figures = measure(pages, options.styles)
    floors = json.loads(options.floor.read_text()) if options.floor else {}
    missed = {name: figures[name] for name, floor in floors.items() if figures.get(name, 1.0) < floor}
    if missed:
        sys.exit(f"below their floors: {missed}")


if __name__ == "__main__":
    main()
