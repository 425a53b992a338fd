"""The pages of the measuring sticks, and how a body is judged against theirs."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

from app.cleaning.characters import normalise_characters
from app.cleaning.draft import Draft, Hints
from app.cleaning.elements import Mark
from app.cleaning.leads import Reading
from app.cleaning.lines import split_lines
from app.cleaning.markup import read_markup
from app.cleaning.markup_features import find_marks
from app.cleaning.readings import read_paragraphs
from app.cleaning.wrapping import find_paragraphs

TEXT_STYLES = ("browser", "text", "residual")
NEWS4 = ("aeb", "andy424", "fundus_eval", "fundus_pub")
LEAST_ORACLE = 0.9  # F1 that the best choice of lines must have for a page to be trained on


@dataclass(frozen=True)
class Page:
    """A page in one style, with the gold, what the labeller reads and which of it should be kept."""

    id: str
    set: str
    domain: str
    lang: str
    style: str
    raw: str
    bodies: tuple[str, ...]
    readings: list[Reading]
    keep: list[int]
    is_usable: bool
    is_trained: bool
    marks: list[Mark] = field(default_factory=list)  # of each reading, if the page came as HTML
    stated: str = ""  # the body that its JSON-LD states


@dataclass(frozen=True)
class Verdict:
    """How a body compares with the gold."""

    counts: tuple[float, float, float]
    f1: float
    junk: int
    is_clean: bool


@cache
def load_scorer(folder: Path) -> Any:
    """Import the scorer of the measuring sticks."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read a compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_draft(raw: str, content_type: Any = "text/plain") -> tuple[Draft, list[Reading]]:
    """Take a page through the steps before the labeller."""
    draft = Draft(raw=raw, hints=Hints(content_type=content_type))
    for step in (read_markup, split_lines, normalise_characters, find_paragraphs):
        draft = step(draft)
    return draft, read_paragraphs(draft)


def load_pages(bench: Path, styles: Sequence[str] = (*TEXT_STYLES, "html")) -> list[Page]:
    """Load every page that has a gold body, in these styles."""
    load_judge.bench = bench / "body"  # type: ignore[attr-defined]
    gold = {each["id"]: each for path in (bench / "body/gold").glob("*.gz") for each in read_records(path)}
    pages = []
    for style in (style for style in TEXT_STYLES if style in styles):
        usable = set((bench / f"body/raw/usable.{style}.txt").read_text().split())
        for path in sorted((bench / "body/linelabels").glob(f"*.{style}.jsonl.gz")):
            labels = {each["id"]: each for each in read_records(path)}
            for each in read_records(bench / "body/raw" / path.name):
                if each["id"] in labels:
                    pages.append(
                        _make_page(gold[each["id"]], each["raw"], style, labels, each["id"] in usable)
                    )
    for each in gold.values() if "html" in styles else ():
        path = bench / "body" / (each.get("html_path") or "none")
        if each["gold_body"] and path.is_file():
            pages.append(_make_html_page(each, gzip.decompress(path.read_bytes()).decode(errors="replace")))
    return pages


def _make_html_page(gold: dict[str, Any], raw: str) -> Page:
    """Label the lines that a page in HTML shows: the article are those whose text is the gold's."""
    scorer = load_scorer(load_judge.bench)  # type: ignore[attr-defined]
    draft, readings = read_draft(raw, "text/html")
    tokens = scorer.toks(gold["gold_body"])
    known = {tuple(tokens[at : at + size]) for size in (1, 2, 3, 4) for at in range(len(tokens))}
    keep = []
    for each in readings:
        words = scorer.toks(each.text)
        parts = [tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))]
        keep.append(int(bool(words) and sum(part in known for part in parts) >= 0.5 * len(parts)))
    keep = [
        value if len(scorer.toks(each.text)) >= 4 else value and int(any(keep[max(0, at - 2) : at]))
        for at, (each, value) in enumerate(zip(readings, keep, strict=True))
    ]
    bodies = tuple(filter(None, (gold["gold_body"], gold.get("gold_body_alt"))))
    kept = "\n".join(each.text for each, value in zip(readings, keep, strict=True) if value)
    best = scorer.f1page(scorer.tff(scorer.shingles(gold["gold_body"]), scorer.shingles(kept)))
    lang = (gold.get("lang") or "?")[:2].lower()
    identity = (gold["id"], gold["source"], gold["domain"], lang, "html")
    return Page(
        *identity,
        raw,
        bodies,
        readings,
        keep,
        is_usable=True,
        is_trained=best > LEAST_ORACLE,
        marks=find_marks(draft),
        stated=draft.metadata.body,
    )


def _make_page(gold: dict[str, Any], raw: str, style: str, labels: dict[str, Any], usable: bool) -> Page:
    label = labels[gold["id"]]
    draft, readings = read_draft(raw)
    numbers = [number for number, line in enumerate(raw.split("\n"), start=1) if line.strip()]
    keep = dict(zip(numbers, label["keep"], strict=True))
    return Page(
        id=gold["id"],
        set=gold["source"],
        domain=gold["domain"],
        lang=(gold.get("lang") or "?")[:2].lower(),
        style=style,
        raw=raw,
        bodies=tuple(filter(None, (gold["gold_body"], gold.get("gold_body_alt")))),
        readings=readings,
        keep=[max(keep.get(number, 0) for number in paragraph) for paragraph in draft.paragraphs],
        is_usable=usable,
        is_trained=usable or label["f1"] > LEAST_ORACLE,
    )


@cache
def load_judge(bodies: tuple[str, ...]) -> list[tuple[Any, list[str]]]:
    """Prepare golds for comparison."""
    scorer = load_scorer(load_judge.bench)  # type: ignore[attr-defined]
    return [(scorer.shingles(body), scorer.toks(body)) for body in bodies]


def judge_body(page: Page, body: str) -> Verdict:
    """Compare a body with the gold, as the scorer does."""
    scorer = load_scorer(load_judge.bench)  # type: ignore[attr-defined]
    found = scorer.shingles(body)
    golds = load_judge(page.bodies)
    counts = max((scorer.tff(shingles, found) for shingles, _ in golds), key=scorer.f1page)
    junk = min(scorer.junk_lines(tokens, body)[0] for _, tokens in golds)
    return Verdict(counts, scorer.f1page(counts), junk, junk == 0 and scorer.rec(counts) >= 0.95)


Row = tuple[str, int, float, float, float]


def summarise(results: Sequence[tuple[Page, Verdict]], by: str) -> list[Row]:
    """Return name, pages, F1, share of clean pages and junk lines; sets count equally within a style."""
    aggregate = load_scorer(load_judge.bench).agg  # type: ignore[attr-defined]
    rows: list[Row] = []
    for name in sorted({getattr(page, by) for page, _ in results}):
        of_sets: dict[str, Row] = {}
        mine = [each for each in results if getattr(each[0], by) == name]
        for source in sorted({page.set for page, _ in mine}) if by == "style" else [""]:
            verdicts = [verdict for page, verdict in mine if source in ("", page.set)]
            f1 = aggregate([verdict.counts for verdict in verdicts])[2]
            clean = mean(verdict.is_clean for verdict in verdicts)
            of_sets[source] = (
                f"{name} {source}",
                len(verdicts),
                f1,
                clean,
                mean(each.junk for each in verdicts),
            )
        if by == "style":
            rows += [
                _average(f"{name} NEWS4", [of_sets[each] for each in NEWS4 if each in of_sets]),
                _average(f"{name} MACRO", list(of_sets.values())),
            ]
        rows += of_sets.values()
    return rows


def _average(name: str, rows: Sequence[Row]) -> Row:
    return (
        name,
        sum(row[1] for row in rows),
        mean(row[2] for row in rows),
        mean(row[3] for row in rows),
        mean(row[4] for row in rows),
    )


def print_table(rows: Sequence[Row]) -> None:
    """Print a table in Markdown."""
    print("| pages of | pages | F1 | clean pages | junk lines |\n|---|---|---|---|---|")
    for name, pages, f1, clean, junk in rows:
        print(f"| {name} | {pages} | {f1:.3f} | {clean:.3f} | {junk:.2f} |")
