"""What stands between headline and body, which says who wrote the story and when.

 The labeller decides lines by what is prose; bylines and timestamps are short, and it can take them for
furniture. The steps that look for them look here, at what was removed as well. As with counters, such a
line is data before it is gone: it stays removed, so that cleaning an article again removes nothing more.
"""

from __future__ import annotations

from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Role
from app.cleaning.measures import ends_sentence, weigh

FAR, ABOVE, NEXT, BELOW = range(4)  # where a paragraph stands to the headline, in rising weight
_ABOVE, _NEXT = 40, 5  # paragraphs above the headline; in the last of them some houses print the date
_MOST = 90  # paragraphs below it: lists of topics and share links can stand between
_PROSE = 170.0
_PROSE_ENDS = 3  # paragraphs of prose after which the body has surely begun: a summary can stand above


def list_introduction(draft: Draft) -> list[tuple[Paragraph, int]]:
    """List the paragraphs of the page, and where each stands to the headline: BELOW it, NEXT above it, …"""
    kept = draft.undecided()
    if not kept:
        return []
    start = draft.paragraphs.index(kept[0])
    end = start + _find_end(draft, draft.paragraphs[start : start + _MOST + 1])
    far = len(draft.paragraphs) - end
    ranks = (
        *[FAR] * (start - _ABOVE),
        *[ABOVE] * (min(start, _ABOVE) - _NEXT),
        *[NEXT] * min(start, _NEXT),
        *[BELOW] * (end - start),
        *[FAR] * far,
    )
    return list(zip(draft.paragraphs, ranks, strict=True))


def _find_end(draft: Draft, paragraphs: tuple[Paragraph, ...]) -> int:
    """Count the paragraphs from the headline on before the body has surely begun."""
    prose = 0
    for count, paragraph in enumerate(paragraphs[1:], start=2):
        if draft.line(paragraph[0]).role is Role.UNDECIDED:
            text = draft.text_of(paragraph)
            prose += weigh(text) >= _PROSE and ends_sentence(text)
            if prose == _PROSE_ENDS:
                return count
    return len(paragraphs)


def mark_kept(draft: Draft, paragraph: Paragraph, role: Role) -> Draft:
    """Give a paragraph a role if it is kept and has none."""
    return draft.with_role(paragraph, role) if draft.line(paragraph[0]).role is Role.UNDECIDED else draft
