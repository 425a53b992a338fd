"""Pages without a gold body, of which only some strings are known to belong to the article or not to.

They come from many more domains than the pages with a gold body. Their lines are labelled by a model that was
trained without them and corrected by the strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pages import TEXT_STYLES, Page, read_draft, read_records

from app.cleaning import Role, clean

GUESSED = 1.0  # weight of a line that only a model labelled, as of a line of a gold
GUESSED_BADLY = 0.3  # the same where the model kept less than half of the strings
HINTED = 3.0  # weight of a line that holds one of the strings
_BODY = {Role.PARAGRAPH, Role.SUBHEAD, Role.LIST, Role.QUOTE, Role.STANDFIRST, Role.DATELINE}


def load_hinted(
    bench: Path, use_model_of: Callable[[str], None], styles: tuple[str, ...] = TEXT_STYLES
) -> list[tuple[Page, list[float]]]:
    """Load the pages and the weights of their lines, labelled by the model that `use_model_of` sets."""
    found = []
    gold = {
        each["id"]: each
        for path in sorted((bench / "body/gold").glob("*.gz"))
        for each in read_records(path)
        if each.get("must_have") and not each["gold_body"]
    }
    sets = sorted({each["source"] for each in gold.values()})
    for style in styles:
        for name in sets:
            for each in read_records(bench / f"body/raw/{name}.{style}.jsonl.gz"):
                if each["id"] in gold:
                    use_model_of(gold[each["id"]]["domain"])
                    page, weights = _label(gold[each["id"]], each["raw"], style)
                    if any(page.keep):
                        found.append((page, weights))
    return found


def _label(gold: dict[str, Any], raw: str, style: str) -> tuple[Page, list[float]]:
    draft, readings = read_draft(raw)
    roles = {line.number: line.role for line in clean(raw).lines}
    keep = [int(any(roles[number] in _BODY for number in paragraph)) for paragraph in draft.paragraphs]
    texts = [_flatten(each.text) for each in readings]
    title = _flatten(gold.get("gold_title") or "")
    inside, outside = (
        [_flatten(each) for each in gold[name] or ()] for name in ("must_have", "must_not_have")
    )
    hinted: dict[int, int] = {}
    guessed = []
    for each in inside:
        holding = [at for at, text in enumerate(texts) if each in text]
        guessed += [any(keep[at] for at in holding)] if holding else []
        if len(holding) == 1:  # more than once: nobody knows which was meant
            hinted.update((at, 1) for at in holding if texts[at] != title)
    for each in outside:
        hinted.update((at, 0) for at, text in enumerate(texts) if each in text and at not in hinted)
    weight = GUESSED_BADLY if sum(guessed) < 0.5 * len(guessed) else GUESSED
    weights = [HINTED if at in hinted else weight for at in range(len(keep))]
    keep = [hinted.get(at, value) for at, value in enumerate(keep)]
    lang = (gold.get("lang") or "?")[:2].lower()
    page = Page(
        gold["id"],
        gold["source"],
        gold["domain"],
        lang,
        style,
        raw,
        (),
        readings,
        keep,
        False,
        is_trained=True,
    )
    return page, weights


def _flatten(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
