"""Learn how much each sign of a headline counts, and write app/cleaning/titles.json.

    python benchmarks/train_titles.py --bench PATH [--check]

PATH is the folder that benchmarks/fields.py takes; `fields/` and `body/` of it are read. A conditional logit: of the
lines of a page that can be its headline, the one that is shall have the highest weighted sum of its signs. Needs
numpy. --check prints, instead of writing anything, how often the headline is found on sites that were not learned
from (five parts of the domains in turn).
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fields import read_rows

from app.cleaning.draft import Draft, Hints
from app.cleaning.measures import fold, overlap
from app.cleaning.pipeline import STEPS
from app.cleaning.titles import WEIGHTS, list_candidates

PARTS = 5
ROUNDS, STEP, DECAY = 300, 0.1, 1e-4
SAME = 0.9  # agreement from which a line is the headline of the gold, as the scorer has it
SHARES = {"wcxb": 0.5}  # weight of a page; other pages than news count half


@dataclass(frozen=True, slots=True)
class Page:
    """The candidates of one page, and which of them are its headline."""

    source: str
    part: int
    names: tuple[str, ...]
    rows: np.ndarray[Any, Any]
    right: np.ndarray[Any, Any]


def list_golds(bench: Path) -> list[tuple[str, str, str, str]]:
    """List source, domain, raw text and headline of every page that has one."""
    found = []
    titles = {row["id"]: row for row in read_rows(bench / "fields" / "articles.jsonl.gz")}
    for raw in read_rows(bench / "fields" / "raw.jsonl.gz"):
        row = titles[raw["id"]]
        found.append(("fields", row["domain"], raw["raw"], row.get("title")))
    for path in sorted((bench / "body" / "gold").glob("*.jsonl.gz")):
        source = path.name.split(".")[0]
        golds = {row["id"]: row for row in read_rows(path)} if source != "fundus_pub" else {}  # they are in fields/
        for style in ("browser", "text") if golds else ():
            for raw in read_rows(bench / "body" / "raw" / f"{source}.{style}.jsonl.gz"):
                row = golds.get(raw["id"])
                if row:
                    found.append((source, row["domain"], raw["raw"], row.get("gold_title")))
    return [each for each in found if each[3]]


def read_page(source: str, domain: str, raw: str, title: str) -> Page | None:
    """Clean a page as far as its headline and describe the candidates; None if no line is the headline."""
    draft = Draft(raw=raw, hints=Hints())
    for step in STEPS:
        if step.__name__ == "find_headline":
            break
        draft = step(draft)
    candidates = list_candidates(draft)
    right = np.array([overlap(fold(draft.text_of(each)), fold(title)) >= SAME for each, _ in candidates], bool)
    if not right.any():
        return None
    rows = np.array([list(signs.values()) for _, signs in candidates], np.float32)
    site = ".".join(domain.split(".")[-2:])
    return Page(source, zlib.crc32(site.encode()) % PARTS, tuple(candidates[0][1]), rows, right)


def fit(pages: list[Page]) -> np.ndarray[Any, Any]:
    """Return the weights that make the right lines likeliest (Adam on the mean log likelihood)."""
    sizes = [len(page.rows) for page in pages]
    starts = np.cumsum([0, *sizes[:-1]])
    owner = np.repeat(np.arange(len(pages)), sizes)
    rows, right = np.vstack([page.rows for page in pages]), np.concatenate([page.right for page in pages])
    share = np.array([SHARES.get(page.source, 1.0) for page in pages])
    share /= share.sum()
    weights = np.zeros(rows.shape[1])
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for number in range(1, ROUNDS + 1):
        scores = rows @ weights
        chances = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        wanted = chances * right
        error = chances / np.add.reduceat(chances, starts)[owner] - wanted / np.add.reduceat(wanted, starts)[owner]
        slope = rows.T @ (error * share[owner]) + DECAY * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weights -= STEP * (mean / (1 - 0.9**number)) / (np.sqrt(square / (1 - 0.999**number)) + 1e-8)
    return weights


def check(pages: list[Page]) -> None:
    """Print how often the headline is found on sites that were not learned from."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for part in range(PARTS):
        weights = fit([page for page in pages if page.part != part])
        for page in pages:
            if page.part == part:
                for key in (page.source, "all"):
                    counts[key][0] += 1
                    counts[key][1] += bool(page.right[np.argmax(page.rows @ weights)])
    for key, (total, found) in sorted(counts.items()):
        print(f"{key:<14} {total:>5} pages  {found / total:.3f}")


def main() -> None:
    """Train and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    pages = [page for gold in list_golds(options.bench) if (page := read_page(*gold))]
    if options.check:
        check(pages)
        return
    weights = {
        name: round(float(weight), 3) for name, weight in zip(pages[0].names, fit(pages), strict=True)
    }
    WEIGHTS.write_text(json.dumps({"headline": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
