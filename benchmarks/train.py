"""Train the model of the line labeller, or measure it by cross-validation over domains.

    python benchmarks/train.py --bench BENCH train      # writes app/cleaning/labeller.json.gz
    python benchmarks/train.py --bench BENCH validate   # five models, each judged on domains it has not seen

BENCH is the folder of the measuring sticks; nothing of it gets into the model but weights of hashed words and
thresholds. `validate` first keeps its five models in --work, so that a change of the steps that use the model
is measured again without training (`--keep-models`). It ends with the table that relates the quality that is
expected of an article to the F1 that it has; `train` puts the table into the model.

Needs lightgbm and scikit-learn (pip install ".[bench]").
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import lightgbm
import numpy
from hinted import load_hinted
from pages import TEXT_STYLES, Page, judge_body, load_pages, print_table, summarise
from scipy.sparse import csr_matrix
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from variations import vary

from app.cleaning import Hints, clean, labels
from app.cleaning.features import describe_page
from app.cleaning.leads import Reading
from app.cleaning.markup_features import describe_marks, hash_names
from app.cleaning.readings import find_run
from app.cleaning.trees import MODEL, LineModel, read_model
from app.cleaning.words import BUCKETS, hash_words

FOLDS = 5
SEED = 1
VARIED = 0.35  # share of the pages that are trained a second time, varied
TREES = {
    "objective": "binary",
    "num_leaves": 16,
    "min_data_in_leaf": 80,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 10,
    "max_bin": 63,
    "verbose": -1,
    "num_threads": 2,
    "seed": SEED,
    "deterministic": True,
}
# Rounds and rate: with a third more lines, plain text gains by more and smaller steps; HTML does not.
STEPS = {"text": (220, 0.1), "html": (130, 0.13)}
CALIBRATION_POINTS = (0.0, 0.15, 0.55, 0.65, 0.75, 0.85, 0.9, 0.93, 0.95, 0.97, 1.0)


@dataclass(frozen=True)
class Sample:
    """A page as the labeller reads it, with what should come out; varied and hinted ones are not judged."""

    page: Page
    readings: list[Reading]
    keep: list[int]
    is_varied: bool = False
    trust: Sequence[float] = ()  # in the labels of its lines; none: 1 for all

    @property
    def fold(self) -> int:
        return find_fold(self.page.domain)


def find_fold(domain: str) -> int:
    """Say to which fold a domain belongs."""
    return int(hashlib.md5(domain.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True)
class Table:
    """The lines of all samples, one row each."""

    rows: Any
    is_judged: Any
    keep: Any
    weights: Any
    folds: Any


def make_samples(pages: Sequence[Page]) -> list[Sample]:
    """Read the pages, and vary some of them."""
    chance = random.Random(SEED)
    samples = []
    for page in pages:
        if not page.readings:
            continue
        samples.append(Sample(page, page.readings, page.keep))
        if chance.random() < VARIED and any(page.keep) and not page.marks:
            readings, keep = vary(page.readings, page.keep, chance)
            if any(keep):
                samples.append(Sample(page, readings, keep, is_varied=True))
    return samples


def weigh_lines(samples: Sequence[Sample]) -> Any:
    """Give every page the root of its lines as weight, and a line more with its length."""
    weights = numpy.array(
        [
            (0.5 if sample.is_varied else trust)
            / len(sample.readings) ** 0.5
            * (0.3 + min(1.0, each.weight / 200))
            for sample in samples
            for each, trust in zip(sample.readings, sample.trust or repeat(1.0), strict=False)
        ]
    )
    return weights / weights.mean()


def hash_lines(samples: Sequence[Sample]) -> Any:
    """Return which words each line holds, as a sparse matrix."""
    known: dict[str, list[int]] = {}
    columns: list[int] = []
    starts = [0]
    for sample in samples:
        for each in sample.readings:
            if each.text not in known:
                known[each.text] = sorted(hash_words(each.text))
            columns += known[each.text]
            starts.append(len(columns))
    return _sparse(columns, starts)


def hash_marks(samples: Sequence[Sample]) -> Any:
    """Return what the elements around each line are called, as a sparse matrix."""
    columns: list[int] = []
    starts = [0]
    for sample in samples:
        for mark in sample.page.marks:
            columns += hash_names(mark)
            starts.append(len(columns))
    return _sparse(columns, starts)


def _sparse(columns: list[int], starts: list[int]) -> Any:
    ones = numpy.ones(len(columns), dtype=numpy.float32)
    return csr_matrix((ones, columns, starts), shape=(len(starts) - 1, BUCKETS))


def fit_words(words: Any, keep: Any, weights: Any) -> LogisticRegression:
    """Learn the weights of words."""
    model = LogisticRegression(C=0.05, solver="liblinear", max_iter=30, tol=1e-2)
    return model.fit(words, keep, sample_weight=weights)


def weigh_hashes(hashes: Any, table: Table, used: Any) -> tuple[Any, list[LogisticRegression]]:
    """Weigh the words or names of every line by a model that has not seen its domain.

    Returns the models of the folds too, and one of all.
    """
    sounds = numpy.zeros(len(table.keep))
    models = []
    for fold in range(FOLDS):
        learned = used & (table.folds != fold)
        models.append(fit_words(hashes[learned], table.keep[learned], table.weights[learned]))
        sounds[table.folds == fold] = models[fold].decision_function(hashes[table.folds == fold])
    return sounds, [*models, fit_words(hashes[used], table.keep[used], table.weights[used])]


def describe_samples(samples: Sequence[Sample]) -> tuple[Table, list[list[LogisticRegression]]]:
    """Describe all lines; returns for each fold and for all the models of words and, of HTML, of names."""
    keep = numpy.array([value for sample in samples for value in sample.keep])
    sizes = [len(sample.keep) for sample in samples]
    folds = numpy.repeat([sample.fold for sample in samples], sizes)
    table = Table(None, None, keep, weigh_lines(samples), folds)
    chance = numpy.random.RandomState(SEED)
    lengths = numpy.array([each.weight for sample in samples for each in sample.readings])
    used = (lengths >= 25) | (chance.rand(len(keep)) < 0.2)  # labels outnumber all else
    sounds, models = weigh_hashes(hash_lines(samples), table, used)
    learned = [[model] for model in models]
    is_html = bool(samples[0].page.marks)
    if is_html:
        named, models = weigh_hashes(hash_marks(samples), table, used)
        learned = [[*pair, model] for pair, model in zip(learned, models, strict=True)]
    rows: list[list[float] | None] = []
    for sample in samples:
        lines = slice(len(rows), len(rows) + len(sample.readings))
        of_text = dict(zip([each.text for each in sample.readings], sounds[lines].tolist(), strict=True))
        run = find_run([each.score for each in sample.readings])
        described = describe_page(sample.readings, run, of_text.__getitem__)
        if is_html:
            marked = describe_marks(
                sample.page.marks, sample.readings, named[lines].tolist(), sample.page.stated
            )
            described = [row and row + more for row, more in zip(described, marked, strict=True)]
        rows += described
    is_judged = numpy.array([row is not None for row in rows])
    width = len(next(row for row in rows if row))
    matrix = numpy.array([row or [0.0] * width for row in rows], dtype=numpy.float32)
    return replace(table, rows=matrix, is_judged=is_judged), learned


def label_hinted(bench: Path, models: Sequence[dict[str, Any]]) -> list[Sample]:
    """Label pages of which only hints are known, in trials by the model that has not seen their domain."""
    read = [read_model(each) for each in models]
    hinted = load_hinted(bench, lambda domain: use_model(read[find_fold(domain) % len(read)]))
    return [Sample(page, page.readings, page.keep, trust=trust) for page, trust in hinted]


def fit_models(
    samples: Sequence[Sample], calibration: Sequence[tuple[float, float]], folds: Sequence[int | None]
) -> list[dict[str, Any]]:
    """Learn a model without each of these folds (None: of all), as the model file holds it."""
    table, learned = describe_samples(samples)
    share = table.is_judged.mean()
    print(f"{len(table.keep):,} lines, {share:.0%} judged, {table.rows.shape[1]} features")
    kind = "html" if samples[0].page.marks else "text"
    stored = []
    for fold in folds:
        trees = fit_trees(table, table.folds != (-1 if fold is None else fold), kind)
        stored.append(store_model(learned[-1 if fold is None else fold], trees, calibration, kind == "html"))
    return stored


def fit_trees(table: Table, used: Any, kind: str) -> lightgbm.Booster:
    """Learn the trees."""
    used = used & table.is_judged
    data = lightgbm.Dataset(table.rows[used], label=table.keep[used], weight=table.weights[used])
    rounds, rate = STEPS[kind]
    return lightgbm.train({**TREES, "learning_rate": rate}, data, rounds)


def store_model(
    learned: Sequence[LogisticRegression],
    trees: lightgbm.Booster,
    calibration: Sequence[tuple[float, float]],
    is_html: bool,
) -> dict[str, Any]:
    """Return what the model file holds: see app/cleaning/trees.py. The other model is kept as it is."""
    stored = {
        **_store_weights(learned[0]),
        "trees": [store_tree(tree["tree_structure"]) for tree in trees.dump_model()["tree_info"]],
        "calibration": [list(point) for point in calibration],
    }
    known = json.loads(gzip.decompress(MODEL.read_bytes()))
    if is_html:
        return {**known, "html": {**stored, "names": _store_weights(learned[1])}}
    return {**stored, "html": known["html"]} if "html" in known else stored


def _store_weights(model: LogisticRegression) -> dict[str, Any]:
    weights = model.coef_[0]
    unit = float(numpy.abs(weights).max() / 32767)
    units = base64.b64encode(numpy.round(weights / unit).astype("<i2").tobytes()).decode()
    return {"words": units, "unit": unit, "bias": float(model.intercept_[0])}


def store_tree(root: dict[str, Any]) -> dict[str, Any]:
    """Write a tree as `trees.read_forest` reads it.

    Leaves are numbered from left to right; a node names the leaves that its threshold rules out.
    """
    nodes: list[list[float]] = []
    leaves: list[float] = []

    def walk(node: dict[str, Any]) -> tuple[int, int]:
        if "leaf_value" in node:
            leaves.append(round(node["leaf_value"], 5))
            return len(leaves) - 1, len(leaves)
        low, high = walk(node["left_child"])
        _, end = walk(node["right_child"])
        nodes.append([node["split_feature"], float(f"{node['threshold']:.9g}"), low, high])
        return low, end

    walk(root)
    return {"nodes": nodes, "leaves": leaves}


def write_model(path: Path, stored: Any) -> None:
    """Write a model file, the same bytes for the same model."""
    path.write_bytes(gzip.compress(json.dumps(stored, separators=(",", ":")).encode(), mtime=0))
    print(f"{path}: {path.stat().st_size:,} bytes")


def use_model(model: LineModel) -> None:
    """Make cleaning use another model than that of the package."""
    labels.load_model = lambda: model  # type: ignore[assignment]


def validate(pages: Sequence[Page], work: Path, kind: str) -> list[tuple[float, float]]:
    """Clean every page by a model that has not seen its domain; return expected and measured F1."""
    results = []
    pairs = []
    for fold in range(FOLDS):
        stored = json.loads(gzip.decompress((work / f"fold{fold}.{kind}.json.gz").read_bytes()))
        use_model(read_model(stored))
        for page in pages:
            if not page.is_usable or Sample(page, [], []).fold != fold:
                continue
            hints = Hints(content_type="text/html" if page.style == "html" else "text/plain")
            cleaned = clean(page.raw, hints)
            verdict = judge_body(page, cleaned.body)
            results.append((page, verdict))
            pairs.append((cleaned.quality, verdict.f1))
    print_table(summarise(results, by="style"))
    print_table(summarise([each for each in results if each[0].style != "text"], by="lang"))
    return pairs


def calibrate(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Print how the expected F1 compares with the measured one, and return points of the curve."""
    expected, measured = (numpy.array(values) for values in zip(*pairs, strict=True))
    edges = [0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.001]
    print("| expected | pages | mean expected | mean measured |\n|---|---|---|---|")
    for low, high in pairwise(edges):
        inside = (expected >= low) & (expected < high)
        if inside.any():
            means = expected[inside].mean(), measured[inside].mean()
            print(f"| {low}-{min(high, 1)} | {inside.sum()} | {means[0]:.3f} | {means[1]:.3f} |")
    curve = IsotonicRegression(out_of_bounds="clip").fit(expected, measured)
    return [
        (round(float(point), 4), round(float(value), 4))
        for point, value in zip(CALIBRATION_POINTS, curve.predict(CALIBRATION_POINTS), strict=True)
    ]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("data/train"), help="models of the folds")
    parser.add_argument("--input", choices=["text", "html"], default="text", help="which of the two models")
    parser.add_argument("--keep-models", action="store_true", help="validate with the models in --work")
    parser.add_argument("command", choices=["train", "validate"])
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    identity = [(0.0, 0.0), (1.0, 1.0)]
    is_html = options.input == "html"
    pages = load_pages(options.bench, ("html",) if is_html else (*TEXT_STYLES, "html"))
    if not is_html:  # what a page in HTML shows is one more form of its text
        pages = [replace(page, marks=[], is_usable=page.is_usable and page.style != "html") for page in pages]
    calibration_file = options.work / f"calibration.{options.input}.json"
    if not (options.keep_models and options.command == "validate"):
        is_trial = options.command == "validate"
        folds = list(range(FOLDS)) if is_trial else [None]
        calibration = identity if is_trial else json.loads(calibration_file.read_text())
        samples = make_samples([page for page in pages if page.is_trained])
        models = fit_models(samples, calibration, folds)
        if not is_html:
            models = fit_models([*samples, *label_hinted(options.bench, models)], calibration, folds)
        for fold, stored in zip(folds, models, strict=True):
            write_model(options.work / f"fold{fold}.{options.input}.json.gz" if is_trial else MODEL, stored)
    if options.command == "validate":
        calibration = calibrate(validate(pages, options.work, options.input))
        calibration_file.write_text(json.dumps(calibration))


if __name__ == "__main__":
    main()
