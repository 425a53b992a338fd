"""Learn what the signs of a headline and of a standfirst say, and write app/cleaning/titles.json.gz and
standfirsts.json.

    python benchmarks/train_titles.py --bench PATH --work WORK [--check]

PATH is the folder that benchmarks/fields.py takes; `fields/` and `body/` of it are read. WORK is the folder
in which `benchmarks/train.py validate` leaves its five models: every page is labelled by the one that has not
seen its domain, as a page in use has not been seen. Of the lines of a
page that can be its headline, boosted trees shall rank the one that is above all others (LambdaMART). The
standfirst is learned from some 700 pages only, so by a conditional logit: of the lines below the headline
that is chosen now, where "none" takes part with a sum of zero, the right one shall have the highest weighted
sum of its signs. --check prints, instead of writing anything, how often the right line is found on sites that
were not learned from (five parts of the domains in turn). Needs lightgbm and numpy (pip install ".[bench]").
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from fields import STYLES, read_page, read_rows
from train import FOLDS, store_tree, use_model, write_model

from app.cleaning import standfirsts, titles
from app.cleaning.draft import Draft, Hints, Paragraph
from app.cleaning.measures import fold, overlap
from app.cleaning.pipeline import STEPS
from app.cleaning.trees import LineModel, read_model

PARTS = 5
ROUNDS, STEP, DECAY = 300, 0.1, 8e-3  # decay: swept from 1e-4 to 3e-2 on unseen sites
SAME_HEADLINE, SAME_STANDFIRST = 0.9, 0.8  # agreement from which a line is the gold's, as the scorer has it
SHARES = {"wcxb": 0.5}  # weight of a page; other pages than news count half
TREES = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 5,
    "learning_rate": 0.1,
    "num_leaves": 16,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10,
    "verbose": -1,
    "num_threads": 2,
    "seed": 1,
    "deterministic": True,
}
TREE_COUNT = 100
Candidates = list[tuple[Paragraph, list[float]]]
Weigh = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """The candidates of one page, and which of them are right."""

    source: str
    part: int
    rows: np.ndarray[Any, Any]
    right: np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Gold:
    """A page as it is read, its headline and its standfirst; "" for none, None where that is not known."""

    source: str
    domain: str
    draft: Draft
    headline: str | None
    standfirst: str | None


Labellers = dict[str, list[LineModel]]  # of text and of HTML, one for each part of the domains


def load_labellers(work: Path) -> Labellers:
    """Load the models that benchmarks/train.py left, each of which has not seen one part of the domains."""
    return {
        kind: [
            read_model(json.loads(gzip.decompress((work / f"fold{fold}.{kind}.json.gz").read_bytes())))
            for fold in range(FOLDS)
        ]
        for kind in ("text", "html")
    }


def list_golds(bench: Path, labellers: Labellers) -> Iterator[Gold]:
    """Clean every page as far as its headline, by a labeller that has not seen its domain."""
    articles = {row["id"]: row for row in read_rows(bench / "fields" / "articles.jsonl.gz")}
    for style in STYLES:
        for identifier, raw, hints in read_page(bench, style):
            row = articles[identifier]
            standfirst = row.get("standfirst") or ("" if row["source"] == "fundus" else None)
            draft = clean_half(raw, hints, row["domain"], labellers)
            yield Gold(f"fields {style}", row["domain"], draft, row.get("title"), standfirst)
    for path in sorted((bench / "body" / "gold").glob("*.jsonl.gz")):
        source = path.name.split(".")[0]
        golds = (
            {} if source == "fundus_pub" else {row["id"]: row for row in read_rows(path)}
        )  # it is in fields/
        for style in ("browser", "text") if golds else ():
            for raw in read_rows(bench / "body" / "raw" / f"{source}.{style}.jsonl.gz"):
                row = golds.get(raw["id"])
                if row and row.get("gold_title"):
                    draft = clean_half(raw["raw"], Hints(), row["domain"], labellers)
                    yield Gold(source, row["domain"], draft, row["gold_title"], None)


def clean_half(raw: str, hints: Hints, domain: str, labellers: Labellers) -> Draft:
    """Run the steps before the headline."""
    part = int(hashlib.md5(domain.encode()).hexdigest(), 16) % FOLDS  # as benchmarks/train.py parts domains
    use_model(labellers["html" if hints.content_type == "text/html" else "text"][part])
    draft = Draft(raw=raw, hints=hints)
    for step in STEPS:
        if step.__name__ == "find_headline":
            break
        draft = step(draft)
    return draft


def describe(gold: Gold, candidates: Candidates, wanted: str, same: float, *, can_lack: bool) -> Page | None:
    """Lay out the candidates of a page; None if there is nothing to learn from it."""
    if not candidates:
        return None
    texts = [fold(gold.draft.text_of(each)) for each, _ in candidates]
    right = [overlap(text, fold(wanted)) >= same for text in texts]
    rows = [row for _, row in candidates]
    if can_lack:
        right.append(not any(right))
        rows.append([0.0] * len(rows[0]))
    if not any(right):
        return None
    site = ".".join(gold.domain.split(".")[-2:])
    part = zlib.crc32(site.encode()) % PARTS
    return Page(gold.source, part, np.array(rows, np.float32), np.array(right, bool))


def fit_trees(pages: list[Page]) -> lightgbm.Booster:
    """Learn trees that rank the right lines above the others."""
    sizes = [len(page.rows) for page in pages]
    data = lightgbm.Dataset(
        np.vstack([page.rows for page in pages]),
        np.concatenate([page.right for page in pages]).astype(int),
        group=sizes,
        weight=np.repeat([SHARES.get(page.source, 1.0) for page in pages], sizes),
    )
    return lightgbm.train(TREES, data, TREE_COUNT)


def fit_weights(pages: list[Page]) -> np.ndarray[Any, Any]:
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
        error = chances / np.add.reduceat(chances, starts)[owner]
        error -= wanted / np.add.reduceat(wanted, starts)[owner]
        slope = rows.T @ (error * share[owner]) + DECAY * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weights -= STEP * (mean / (1 - 0.9**number)) / (np.sqrt(square / (1 - 0.999**number)) + 1e-8)
    return weights


def weigh_by_trees(pages: list[Page]) -> Weigh:
    """Learn trees, and return what weighs lines by them."""
    booster = fit_trees(pages)
    return lambda rows: np.asarray(booster.predict(rows))


def weigh_by_signs(pages: list[Page]) -> Weigh:
    """Learn weights of the signs, and return what weighs lines by them."""
    weights = fit_weights(pages)
    return lambda rows: rows @ weights


def check(name: str, pages: list[Page], learn: Callable[[list[Page]], Weigh]) -> None:
    """Print how often the right line is found on sites that were not learned from."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for part in range(PARTS):
        weigh = learn([page for page in pages if page.part != part])
        for page in pages:
            if page.part == part:
                for key in (page.source, "all"):
                    counts[key][0] += 1
                    counts[key][1] += bool(page.right[np.argmax(weigh(page.rows))])
    for key, (total, found) in sorted(counts.items()):
        print(f"{name:<12} {key:<18} {total:>5} pages  {found / total:.3f}")


def main() -> None:
    """Train and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("data/train"), help="models of the labeller")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    golds = list(list_golds(options.bench, load_labellers(options.work)))
    headlines = list(list_headline_pages(golds))
    if options.check:
        check("headline", headlines, weigh_by_trees)
    else:
        trees = [
            store_tree(tree["tree_structure"]) for tree in fit_trees(headlines).dump_model()["tree_info"]
        ]
        write_model(titles.MODEL, trees)
    names: list[str] = []
    below: list[Page] = []
    for gold in golds:
        if gold.standfirst is None:
            continue
        stated = titles.find_stated(gold.draft)
        headline = stated[0] if stated else titles.choose_headline(gold.draft)
        candidates = standfirsts.list_candidates(gold.draft, headline) if headline else []
        if candidates:
            names = list(candidates[0][1])
        rows = [(paragraph, list(signs.values())) for paragraph, signs in candidates]
        page = describe(gold, rows, gold.standfirst, SAME_STANDFIRST, can_lack=True)
        below += [page] if page else []
    if options.check:
        check("standfirst", below, weigh_by_signs)
        return
    learned = {name: round(float(weight), 3) for name, weight in zip(names, fit_weights(below), strict=True)}
    standfirsts.WEIGHTS.write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")


def list_headline_pages(golds: list[Gold]) -> Iterator[Page]:
    """List the pages whose headline is known and stands on one line."""
    for gold in golds:
        if gold.headline:
            candidates = titles.list_candidates(gold.draft)
            page = describe(gold, candidates, gold.headline, SAME_HEADLINE, can_lack=False)
            if page:
                yield page


if __name__ == "__main__":
    main()
