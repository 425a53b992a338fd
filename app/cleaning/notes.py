"""Notes of the editors: corrections, clarifications, who else reported, what a sum is worth."""

from __future__ import annotations

import re

from app.cleaning.draft import Draft
from app.cleaning.ledger import Role

_READ = 200  # letters at the beginning of a line that can tell a note

_NOTES: tuple[tuple[str, str], ...] = (  # pattern, example
    (r"(?:editor|publisher|author)(?:['’]?s|s['’])? note ?[:.–—-]", "Editor’s note: Names were changed."),
    (
        r"(?:corrections?|clarifications?|corrections? (?:and|&) clarifications?)(?: ?[:.–—]| \()",
        "Correction: The bridge opened in 1931.",
    ),
    (
        r"this (?:story|article|report|version|post) (?:has been|was|is being) (?:updated|corrected|"
        r"edited|amended)",
        "This story was corrected on Monday.",
    ),
    (
        r"an earlier version of this (?:story|article|report)",
        "An earlier version of this article misspelt a name.",
    ),
    (
        r"(?:additional |further )?(?:reporting|writing|editing|compiled|edited|written|"
        r"translated) (?:and (?:editing|writing) )?by (?-i:[A-Z])",
        "(Reporting by Ann Lee; Editing by Omar Diaz)",
    ),
    (
        r"this (?:interview|conversation|discussion|transcript|q&a|episode) (?:has been|was|is) (?:\w+ ){0,2}"
        r"(?:edited|condensed|abridged|shortened)",
        "This interview has been lightly edited and condensed for clarity.",
    ),
    (
        r"this (?:article|story|post|piece|essay|column|report|op-ed|excerpt) (?:was |is )?"
        r"(?:originally |first )+(?:appeared|appears|ran|published|posted)",
        "This story originally appeared in The Quay.",
    ),
    (
        r"(?:reprinted|republished|excerpted|adapted) (?:by|with) permission|citation: .{5,160} \(\d{4}",
        "Reprinted by permission of Quay Press.",
    ),
    (r"(?:us)?[$€£¥] ?1 = ", "($1 = 0.93 euros)"),
    (
        r"(?:anmerkung der redaktion|anm\. d\. red|korrektur(?:hinweis)?:|hinweis der redaktion)",
        "Anmerkung der Redaktion: Der Name wurde geändert.",
    ),
    (r"(?:note de la rédaction|ndlr|rectificatif)\b", "Note de la rédaction : les noms ont été changés."),
    (
        r"(?:nota (?:del editor|da redação|de la redacción|della redazione)|corrección ?:|fe de erratas)",
        "Nota de la redacción: el nombre fue cambiado.",
    ),
    (r"(?:訂正|おことわり|お断り|编者按|更正)(?:[:：】）)]|$)", "【訂正】写真の説明に誤りがありました。"),
)
_MARKS = "[(\\[（【*_—– ]{0,3}"
_NOTE = re.compile(rf"{_MARKS}(?:{'|'.join(pattern for pattern, _ in _NOTES)})", re.IGNORECASE)
_CONTRIBUTED = re.compile(  # apart, since it tries every place of a line
    rf"{_MARKS}[^.!?]{{3,80}} contributed (?:to this (?:report|story|article)|reporting)", re.IGNORECASE
)


def is_note(text: str) -> bool:
    """Tell whether a line speaks about the article and not about the news.

    >>> is_note("Correction: an earlier version gave a wrong date."), is_note("Corrections officers struck.")
    (True, False)
    >>> is_note("Ann Lee in Oslo contributed to this report.")
    True
    """
    head = text[:_READ]
    if _NOTE.match(head):
        return True
    return "contributed" in head.lower() and _CONTRIBUTED.match(head) is not None


def find_notes(draft: Draft) -> Draft:
    """Mark editor's notes, corrections and lists of contributors, which are kept but are not the body.

    Leaves sentences that merely speak of a correction.
    """
    notes = [paragraph for paragraph in draft.undecided() if is_note(draft.text_of(paragraph))]
    return draft.with_roles({number: Role.NOTE for paragraph in notes for number in paragraph})
