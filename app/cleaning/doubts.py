"""What a person should know before trusting an article: it may be cut short, or not the only one."""

from __future__ import annotations

import re

from app.cleaning.draft import Draft
from app.cleaning.ledger import Reason, Role, Warning_
from app.cleaning.measures import ends_sentence, weigh
from app.cleaning.paragraphs import BODY

LOW_CONFIDENCE = 0.75  # quality below which an article should be looked at
_BELOW = 4  # lines below the body in which a demand to subscribe says that there is more
_LONG = 80.0  # letters of a last paragraph that has to end like a sentence
_CUT = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\[\+\d+ chars\]|\b(?:read|show|see) more|weiterlesen|lire la suite|"
    r"leer más|続きを読む)[\s.…»>\])]*$",
    re.IGNORECASE,
)


def find_doubts(draft: Draft) -> Draft:
    """Warn of a body that is cut short or sold, of other articles on the page, and of a poor quality.

    Leaves the article as it is.
    """
    body = [line.number for line in draft.lines if line.role in BODY]
    if not body:
        return draft
    is_cut = any(line.reason is Reason.BEYOND_LIMIT for line in draft.lines)
    if is_cut or _is_truncated(draft.line(body[-1]).text):
        draft = draft.with_warning(Warning_.TRUNCATED_BODY)
    below = [line for line in draft.lines[body[-1] :] if line.role is not Role.BLANK][:_BELOW]
    if any(line.reason is Reason.SUBSCRIPTION for line in below):
        draft = draft.with_warning(Warning_.PAYWALL)
    if any(line.reason is Reason.OTHER_ARTICLE for line in draft.lines):
        draft = draft.with_warning(Warning_.SEVERAL_ARTICLES)
    return draft.with_warning(Warning_.LOW_CONFIDENCE) if draft.quality < LOW_CONFIDENCE else draft


def _is_truncated(last: str) -> bool:
    """Tell whether the last line of a body breaks off.

    >>> _is_truncated("The council will decide on Monday whether the…"), _is_truncated("It will decide.")
    (True, False)
    """
    return bool(_CUT.search(last)) or (
        weigh(last) >= _LONG and last[-1].isalpha() and not ends_sentence(last)
    )
