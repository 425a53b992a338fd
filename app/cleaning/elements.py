"""The elements of a page that lines stand in."""

from __future__ import annotations

from dataclasses import dataclass

# Before the names of elements of form while a page is parsed (app/cleaning/markup.py tells why).
RENAMED = "x-dl-"


def rename_back(text: str) -> str:
    """Return a piece of a parsed page as it was written."""
    return text.replace(f"<{RENAMED}", "<").replace(f"</{RENAMED}", "</")


@dataclass(slots=True, eq=False, repr=False)
class Element:
    """An element, its attributes as they are printed, and its number in the order of the page."""

    parent: Element | None
    tag: str
    attributes: str
    number: int
    block: Element | None  # the one that ends lines around it; None: it does so itself
    is_linked: bool
    is_strong: bool


@dataclass(slots=True, eq=False, repr=False)
class Mark:
    """Where a line stands: its block and the element around most of it; and what of it are links."""

    block: Element
    inner: Element
    linked: int  # characters
    strong: int
    links: int
