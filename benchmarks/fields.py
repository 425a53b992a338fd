"""Score the fields of articles, and datelines, against gold that is not a part of the repository.

    python benchmarks/fields.py --bench PATH [--style chromium|inscriptis|html] [--peers-python PYTHON]

PATH is a folder with `fields/` (raw.jsonl.gz, articles.jsonl.gz, score.py), the pages that it names, and
`datelines/` (labelled.jsonl.gz, background.jsonl.gz, reuters21578.jsonl.gz, score.py). Prints one table: the
fields from plain text and from HTML, beside those of trafilatura and newspaper4k given the HTML. PYTHON is an
interpreter that has these two; without it they are left out. They need lxml's cleaner (lxml_html_clean) too.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.cleaning import Cleaned, Dateline, Hints, clean
from app.cleaning.agencies import AGENCY_NAMES, name_agency
from app.cleaning.datelines import parse_opening
from app.cleaning.dates import parse_date
from app.cleaning.draft import Draft
from app.cleaning.pipeline import STEPS

Row = dict[str, Any]
STYLES = ("chromium", "inscriptis", "html")
FIELD_STEPS = frozenset(
    [
        "read_counters",
        "read_tags",
        "find_section",
        "find_timestamp",
        "find_byline",
        "check_authors",
        "find_captions",
        "find_headline",
        "find_dateline",
        "find_notes",
        "join_paragraphs",
        "infer_year",
        "name_language",
    ]
)


def read_rows(path: Path) -> Iterator[Row]:
    """Read a file of one JSON object a line."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def describe_article(identifier: str, cleaned: Cleaned) -> Row:
    """Write an article as the scorer reads it."""
    dateline = cleaned.dateline
    return {
        "id": identifier,
        "headline": cleaned.headline,
        "standfirst": cleaned.standfirst,
        "authors": [author.name for author in cleaned.authors]
        or ([cleaned.agency] if cleaned.byline and cleaned.agency else []),
        "published_at": cleaned.published_at and cleaned.published_at.value,
        "dateline": dateline
        and {
            "place": "/".join(place.name for place in dateline.places),
            "date": dateline.date and dateline.date.value,
            "agency": dateline.agency,
        },
        "body": cleaned.body,
        "captions": [media.caption for media in cleaned.media if media.caption],
        "credits": [media.credit for media in cleaned.media if media.credit],
    }


def read_page(bench: Path, style: str) -> Iterator[tuple[str, str, Hints]]:
    """Read the pages as plain text in one of its styles, or as HTML."""
    if style != "html":
        for page in read_rows(bench / "fields" / "raw.jsonl.gz"):
            if page["style"] == style:
                yield page["id"], page["raw"], Hints()
        return
    for row in read_rows(bench / "fields" / "articles.jsonl.gz"):
        content = gzip.decompress((bench / row["html_path"]).read_bytes())
        yield row["id"], decode_page(content), Hints(content_type="text/html")


def decode_page(content: bytes) -> str:
    """Decode a page as UTF-8, or else as it declares."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        declared = re.search(rb"charset=[\"']?([\w-]+)", content[:4096])
    try:
        return content.decode(declared[1].decode() if declared else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def score_pages(bench: Path, style: str) -> Row:
    """Score the articles of the pages."""
    rows = [
        describe_article(identifier, clean(raw, hints)) for identifier, raw, hints in read_page(bench, style)
    ]
    return score_rows(bench, rows, style)


def score_rows(bench: Path, rows: list[Row], style: str) -> Row:
    """Score described articles; those of HTML where the browser's text holds what is wanted."""
    shown = "chromium" if style == "html" else style
    scored: Row = json.loads(run_scorer(bench / "fields" / "score.py", rows, "--style", shown))
    return scored


PEERS = """
import json, sys
from pathlib import Path
import newspaper, trafilatura
for line in sys.stdin:
    row = json.loads(line)
    page = row["page"]
    found = trafilatura.bare_extraction(page, with_metadata=True)
    found = found.as_dict() if found else {}
    article = newspaper.Article("http://localhost/", fetch_images=False)
    try:
        article.download(input_html=page)
        article.parse()
    except Exception:
        pass
    print(json.dumps({
        "trafilatura": {"id": row["id"], "headline": found.get("title"),
            "standfirst": found.get("description"),
            "authors": [each.strip() for each in (found.get("author") or "").split(";") if each.strip()],
            "published_at": found.get("date"), "body": found.get("text")},
        "newspaper4k": {"id": row["id"], "headline": article.title, "standfirst": article.meta_description,
            "authors": list(article.authors), "body": article.text,
            "published_at": article.publish_date and str(article.publish_date)},
    }, default=str))
"""


def score_peers(bench: Path, python: str) -> Row:
    """Score the same pages as other extractors read them from HTML."""
    pages = [json.dumps({"id": each, "page": raw}) for each, raw, _ in read_page(bench, "html")]
    command = [python, "-c", PEERS]
    done = subprocess.run(command, input="\n".join(pages), capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        peer: score_rows(bench, [row[peer] for row in rows], "html")
        for peer in ("trafilatura", "newspaper4k")
    }


def run_scorer(scorer: Path, rows: list[Row], *options: str) -> str:
    """Hand predictions to a scorer and return what it prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as predictions:
        for row in rows:
            predictions.write(json.dumps(row, ensure_ascii=False) + "\n")
        predictions.flush()
        command = [sys.executable, str(scorer), predictions.name, *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def describe_dateline(identifier: str, text: str) -> Row:
    """Write the dateline of a paragraph as the scorer reads it: in its printed form."""
    text = " ".join(text.split())
    opening = parse_opening(text)
    if opening is None:
        return {"id": identifier}
    dateline = opening.dateline or Dateline("", (), None, opening.agency)
    date = parse_date(dateline.text)
    return {
        "id": identifier,
        "place": "/".join(place.name for place in dateline.places) or None,
        "region": dateline.places[-1].region if dateline.places else None,
        "date": dateline.text[date[1] : date[2]] if date and dateline.date else None,
        "agency": find_printed_agency(text[: opening.length], opening.agency),
        "raw": dateline.text or text[: opening.length],
    }


def find_printed_agency(opening: str, agency: str | None) -> str | None:
    """Return the form in which an agency is printed: the labels hold that, an article its code."""
    forms = [found[0] for found in re.finditer(AGENCY_NAMES, opening) if name_agency(found[0]) == agency]
    return forms[-1] if forms else agency


def score_datelines(bench: Path) -> Row:
    """Score the datelines of paragraphs: labelled ones, ones that have none, and those of Reuters-21578."""
    folder = bench / "datelines"
    rows = [describe_dateline(row["id"], row["text"]) for row in read_rows(folder / "labelled.jsonl.gz")]
    scored: Row = {
        origin: json.loads(run_scorer(folder / "score.py", rows, "--origin", origin))
        for origin in ("mined", "composed")
    }
    background = [parse_opening(row["text"]) for row in read_rows(folder / "background.jsonl.gz")]
    scored["background_matched"] = sum(map(bool, background)) / len(background)
    scored["reuters"] = score_reuters(folder / "reuters21578.jsonl.gz")
    return scored


def score_reuters(path: Path) -> float:
    """Return the share of the wire stories whose place and day are both right."""
    right = total = 0
    for row in read_rows(path):
        if not row.get("place") or not row.get("day"):
            continue
        total += 1
        right += is_right_reuters(row)
    return right / total


def is_right_reuters(row: Row) -> bool:
    """Tell whether place and day of a wire story are read as its markup gives them."""
    opening = parse_opening(f"{row['dateline_raw']} {row['body'][:300]}".replace("\n", " "))
    dateline = opening.dateline if opening else None
    if dateline is None or dateline.date is None:
        return False
    day = f"{row['month']:02d}-{row['day']:02d}"
    wanted = [fold(part) for part in row["place"].split("/")]
    found = [fold(place.name) for place in dateline.places]
    return dateline.date.value[-5:] == day and (found == wanted or fold(row["place"]).startswith(found[0]))


def fold(name: str) -> str:
    """Return a name without case, spaces and marks."""
    return "".join(filter(str.isalnum, name.casefold()))


def measure_cost(bench: Path, style: str) -> Row:
    """Measure milliseconds of CPU that the steps after the labeller take, on pages of about 40 kept lines."""
    spent = []
    for _, raw, hints in read_page(bench, style):
        draft, total = Draft(raw=raw, hints=hints), 0.0
        for step in STEPS:
            start = time.process_time()
            draft = step(draft)
            total += time.process_time() - start if step.__name__ in FIELD_STEPS else 0.0
        if 30 <= len(draft.blocks) <= 50:
            spent.append(1000 * total)
    spent.sort()
    return {"pages": len(spent), "median_ms": spent[len(spent) // 2], "p90_ms": spent[len(spent) * 9 // 10]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--style", choices=STYLES, help="only this form of the pages")
    parser.add_argument("--only", choices=["pages", "peers", "datelines", "cost"])
    parser.add_argument("--peers-python", help="an interpreter that has trafilatura and newspaper4k")
    options = parser.parse_args()
    styles = [options.style] if options.style else ["chromium", "html"]
    for part in [options.only] if options.only else ["pages", "peers", "datelines", "cost"]:
        if part == "peers" and not options.peers_python:
            print("peers      left out: no --peers-python with trafilatura and newspaper4k")
        elif part == "peers":
            for peer, scored in score_peers(options.bench, options.peers_python).items():
                print_rows(peer, scored)
        elif part == "datelines":
            print_rows(part, score_datelines(options.bench))
        else:
            for style in styles:
                score = score_pages if part == "pages" else measure_cost
                print_rows(f"{part} {style}", score(options.bench, style))


def print_rows(name: str, scored: Row) -> None:
    """Print what was measured, one line for each field."""
    for key, value in scored.items():
        print(f"{name:<16} {key:<20} {json.dumps(value)}")


if __name__ == "__main__":
    main()
