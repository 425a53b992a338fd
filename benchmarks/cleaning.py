"""Measure the cleaning, beside others, in one run.

    python benchmarks/cleaning.py --bench BENCH [--share 0.2] [--styles browser residual html]
    python benchmarks/cleaning.py --floor benchmarks/floors.json

With --bench on the measuring sticks: the figures of Dateline are then of pages that its model was trained on,
and docs/model.md has those of unseen domains (`train.py validate`). Without it on own_pages.py, as CI does.
Peers that are not installed are left out (docs/model.md names them). Text that is not HTML is given to peers
as one <p> for each line. Pages per second are of processor time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from statistics import mean
from typing import Any

from own_pages import list_pages
from pages import Page, judge_body, load_pages, summarise

from app.cleaning import Hints, clean

Cleaner = Callable[[str], str]
LONG = 80  # characters
SEED = 1


def _import(*names: str) -> list[Any] | None:
    with suppress(ImportError):
        return [importlib.import_module(name) for name in names]
    return None


def list_peers() -> dict[str, Cleaner]:
    """Return the extractors that are installed, from HTML to the text of an article."""
    peers: dict[str, Cleaner] = {}
    if found := _import("trafilatura"):
        extract = found[0].extract
        peers["trafilatura"] = lambda raw: extract(raw, include_comments=False) or ""
        peers["trafilatura, precise"] = lambda raw: (
            extract(raw, include_comments=False, favor_precision=True) or ""
        )
    if found := _import("newspaper"):
        article = found[0].article
        peers["newspaper4k"] = lambda raw: article("http://localhost/", input_html=raw, language="en").text
    if found := _import("readability", "lxml.html"):
        readability, html = found
        peers["readability-lxml"] = lambda raw: _show(html.fromstring(readability.Document(raw).summary()))
    if found := _import("justext"):
        justext = found[0]
        stops = justext.get_stoplist("English") | justext.get_stoplist("German")
        peers["jusText"] = lambda raw: "\n".join(
            each.text
            for each in justext.justext(raw.encode(), stops, encoding="utf-8")
            if not each.is_boilerplate
        )
    if found := _import("goose3"):
        goose = found[0].Goose()
        peers["goose3"] = lambda raw: goose.extract(raw_html=raw).cleaned_text
    if found := _import("boilerpy3.extractors"):
        boilerpy = found[0].ArticleExtractor(raise_on_failure=False)
        peers["boilerpy3"] = boilerpy.get_content
    if found := _import("resiliparse.extract.html2text"):
        shown = found[0].extract_plain_text
        peers["resiliparse"] = lambda raw: shown(raw, main_content=True)
    return peers


def _show(element: Any) -> str:
    """Print an element, a line for each of its blocks."""
    for block in element.iter("p", "div", "li", "br", "h1", "h2", "h3", "h4", "td", "blockquote"):
        block.tail = f"\n{block.tail or ''}"
    return str(element.text_content())


def find_cleaners(style: str) -> dict[str, Cleaner]:
    """Return what can be compared on this kind of input."""
    peers = list_peers()
    if style == "html":
        return {"dateline": lambda raw: clean(raw, Hints(content_type="text/html")).body, **peers}

    def wrap(peer: Cleaner) -> Cleaner:
        return lambda raw: peer(
            "<html><body>"
            + "".join(f"<p>{escape(line)}</p>" for line in raw.split("\n") if line.strip())
            + "</body></html>"
        )

    return {
        "dateline": lambda raw: clean(raw).body,
        **{
            f"{name} on lines": wrap(peers[name])
            for name in ("jusText", "boilerpy3", "trafilatura")
            if name in peers
        },
        f"lines over {LONG} characters": lambda raw: "\n".join(
            line for line in raw.split("\n") if len(line) > LONG
        ),
        "no cleaning": lambda raw: raw,
    }


def run(cleaner: Cleaner, raw: str) -> str:
    """Clean a page; a peer that fails on it has found nothing."""
    try:
        return cleaner(raw)
    except Exception:
        return ""


def measure(pages: Sequence[Page], styles: Sequence[str]) -> None:
    """Print a table for every style."""
    for style in styles:
        mine = [page for page in pages if page.style == style and page.is_usable]
        print(f"\n## {style}\n\n| cleaner | set | F1 | clean pages | junk lines | pages/s |\n|{'---|' * 6}")
        for name, cleaner in find_cleaners(style).items():
            start = time.process_time()
            bodies = [run(cleaner, page.raw) for page in mine]
            speed = len(mine) / (time.process_time() - start)
            rows = summarise(
                [(page, judge_body(page, body)) for page, body in zip(mine, bodies, strict=True)], by="style"
            )
            for row in rows[:2]:
                chosen = row[0].split(" ")[1]
                print(
                    f"| {name} | {chosen} | {row[2]:.3f} | {row[3]:.3f} | {row[4]:.2f} | {speed:.0f} |",
                    flush=True,
                )


def measure_own() -> dict[str, float]:
    """Return what comes of our own pages: the share of lines that are right, and of pages that are."""
    figures: dict[str, list[float]] = {}
    for name, style, raw, gold in list_pages():
        cleaned = clean(raw, Hints(content_type="text/html" if style == "html" else "text/plain"))
        found, wanted = (set(body.split("\n\n")) for body in (cleaned.body, gold))
        right = 2 * len(found & wanted) / (len(found) + len(wanted))
        print(f"{name}: {right:.3f}, junk lines {len(found - wanted)}, lost lines {len(wanted - found)}")
        figures.setdefault(f"{style} lines", []).append(right)
        figures.setdefault(f"{style} pages", []).append(float(found == wanted))
    return {name: mean(values) for name, values in figures.items()}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="share of the pages")
    parser.add_argument("--styles", nargs="+", default=["browser", "residual", "html"])
    parser.add_argument("--floor", type=Path, help="file of figures that our own pages must reach")
    options = parser.parse_args()
    if options.bench:
        chance = random.Random(SEED)
        measure(
            [page for page in load_pages(options.bench) if chance.random() < options.share], options.styles
        )
        return
    figures = measure_own()
    floors = json.loads(options.floor.read_text()) if options.floor else {}
    missed = {
        name: figures.get(name, 0.0) for name, floor in floors.items() if figures.get(name, 0.0) < floor
    }
    print(figures)
    if missed:
        sys.exit(f"below their floors: {missed}")


if __name__ == "__main__":
    main()
