"""The description that the markup gives a page, where the article opens with it.

Many outlets print no standfirst of their own: their description is the first paragraph, word for word. It is
both then, what sums the story up in lists and feeds, and the beginning of what the story says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.cleaning.article import Block
from app.cleaning.draft import Draft
from app.cleaning.measures import fold, overlap, weigh
from app.cleaning.paragraphs import BODY
from app.cleaning.standfirsts import LONGEST, SHORTEST

_SAME = 0.9  # agreement from which the body opens with a description; half a one has less
_CUT = ("…", "...", "[...]", "[…]")


def take_description(draft: Draft) -> Draft:
    """Take the description for the standfirst of an article that has none, if the body opens with it.

    Leaves the paragraphs where they are, in the body and with their roles, and alone what says more about the
    site than about the story: a description that the body does not open with, that is cut off, or that is all
    of the body.
    """
    if draft.standfirst is not None:
        return draft
    body = [block for block in draft.blocks if block.role in BODY]
    for description in draft.metadata.summaries:
        count = _count_opening(body, description)
        if 0 < count < len(body):
            return replace(draft, standfirst="\n".join(block.text for block in body[:count]))
    return draft


def _count_opening(blocks: Sequence[Block], description: str) -> int:
    """Count the blocks at the beginning of the body that say together what the description says; 0 for none.

    >>> from app.cleaning.ledger import Role
    >>> said = ("The port is open again.", "Ships wait.")
    >>> blocks = [Block(Role.PARAGRAPH, text, line) for line, text in enumerate(said, start=1)]
    >>> _count_opening(blocks, "The port is open again"), _count_opening(blocks, "News from the harbour")
    (1, 0)
    """
    if not SHORTEST <= weigh(description) <= LONGEST or description.endswith(_CUT):
        return 0
    wanted, said = fold(description), ""
    for count, block in enumerate(blocks, start=1):
        said = f"{said} {fold(block.text)}".strip()
        if overlap(said, wanted) >= _SAME:
            return count
        if len(said) > len(wanted):
            return 0
    return 0
