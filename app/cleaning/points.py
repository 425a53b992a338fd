"""Summary points: three to six lines between headline and body that say in short what the story says.

They are set as a list, so nothing parts them, where empty lines part the paragraphs of the body.
"""

from __future__ import annotations

from app.cleaning.captions import is_caption
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import Role
from app.cleaning.measures import ends_sentence, weigh
from app.cleaning.readings import FURNITURE
from app.cleaning.titles import CONTEXTUAL, is_about_line, list_words

_FEWEST, _MOST = 3, 6  # points: two lines in a row can be a headline and its standfirst, more a list of links
_SHORTEST, _LONGEST = 25.0, 200.0  # letters of a point
_PROSE = 100.0  # letters from which a sentence is the body
_PARTED = 0.8  # share of the paragraphs of a body that is set with empty lines
_SHARED = 0.3  # share of the words of a point that come up in the body
_NEAR = 8  # paragraphs above the body: captions and buttons can stand between
_READ = 6000  # letters of the body that are compared


def find_points(draft: Draft, headline: Paragraph) -> tuple[Paragraph, ...]:
    """Return the lines that are the summary points of an article; empty if it has none.

    Of several lists the last counts, the one next to the body. Leaves lists alone whose lines are parted as
    the paragraphs are, and what stands inside the body.
    """
    kept = [each for each in draft.undecided() if each > headline]
    prose = [each for each in kept if _is_prose(draft.text_of(each))]
    parted = [each for each in prose if _is_parted(draft, each)]
    if len(parted) < max(2.0, _PARTED * len(prose)):
        return ()
    body = list_words(" ".join(draft.text_of(each) for each in kept if each >= parted[0])[:_READ])
    start = draft.paragraphs.index(parted[0])
    above = draft.paragraphs[max(draft.paragraphs.index(headline) + 1, start - _MOST - _NEAR) : start]
    runs: list[list[Paragraph]] = [[]]
    for paragraph in above:
        if not _can_be(draft, paragraph, body):
            runs.append([])
        elif runs[-1] and runs[-1][-1][0] + 1 == paragraph[0]:
            runs[-1].append(paragraph)
        else:
            runs.append([paragraph])
    found = [run for run in runs if _FEWEST <= len(run) <= _MOST]
    return tuple(found[-1]) if found else ()


def _is_prose(text: str) -> bool:
    return weigh(text) >= _PROSE and ends_sentence(text)


def _is_parted(draft: Draft, paragraph: Paragraph) -> bool:
    """Tell whether a paragraph stands below an empty line."""
    return draft.line(paragraph[0] - 1).role is Role.BLANK


def _can_be(draft: Draft, paragraph: Paragraph, body: frozenset[str]) -> bool:
    text, line = draft.text_of(paragraph), draft.line(paragraph[0])
    if len(paragraph) > 1 or not _SHORTEST <= weigh(text) <= _LONGEST:
        return False
    if line.role is Role.REMOVED and (line.reason not in CONTEXTUAL or FURNITURE.match(text)):
        return False
    if line.role not in (Role.UNDECIDED, Role.STANDFIRST, Role.REMOVED):
        return False
    words = list_words(text)
    is_shared = bool(words) and len(words & body) >= _SHARED * len(words)
    return is_shared and not (is_about_line(draft, paragraph) or is_caption(text))
