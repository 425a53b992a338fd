"""Captions and credits of pictures: lines that speak of a picture and not of the news."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.cleaning.agencies import AGENCY_NAMES, name_agency
from app.cleaning.article import Media
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.ledger import EditReason, Role
from app.cleaning.measures import ends_sentence, weigh

_TAIL = 120  # letters at the end of a line that can hold a credit
_LONGEST = 700  # letters a caption can have; longer lines are paragraphs
_SHORTEST = 12  # letters below which what stands before a credit is no caption
_PROSE = 80  # letters from which a line is body text

_LABEL = (
    r"(?:(?:photo|picture|image|illustration|photograph)s?(?: credits?| source| courtesy)?(?: by|"
    r" of)?|credits?"
    r"|(?:archiv|symbol)?(?:fotos?|bild(?:er|quelle|nachweis)?)|photo d[’']archives|fotograf(?:ía|ia)|"
    r"crédits?(?: photo)?|imagen|imagem|crédito"
    r"|写真(?:提供|は)?|撮影|画像|图片(?:来源)?|图|사진)"
)
_MARK = r" ?[:：=＝©/] ?"
_BRACKET = re.compile(r" ?[(\[（【〔](?P<credit>[^()\[\]（）【】〔〕]{2,90})[)\]）】〕]\.?$")
_BARE: tuple[re.Pattern[str], ...] = (
    re.compile(rf"(?:^|[ .|–—]){_LABEL}{_MARK}(?P<credit>[^\s:：=＝][^:：=＝]{{1,80}}?)\.?$", re.IGNORECASE),
    re.compile(
        r"(?:^|[ |.])(?P<credit>(?:[\w.'’-]{2,24} ){0,3}(?:[\w.'’-]{2,24} ?[/|] ?)?(?:getty images|"
        r"shutterstock|alamy|istock(?:photo)?"
        r"|ap photo|picture alliance|imago images|unsplash|pixabay))\.?$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:^|[.!?…”\"] )(?P<credit>(?i:(?:{AGENCY_NAMES})) ?/ ?[\w.'’ -]{{2,40}}|"
        rf"[\w.'’ -]{{2,40}}/ ?(?:{AGENCY_NAMES})(?: ?/ ?[\w ]{{2,20}})?)$"
    ),
)
_MARKED = re.compile(
    r"[:：=＝©/]|(?:getty images|shutterstock|alamy|istock\w*|ap photo|picture alliance|imago images|"
    r"unsplash|pixabay)\.?$",
    re.IGNORECASE,
)
_LABELLED = re.compile(rf"{_LABEL}(?:{_MARK}| )(?=\S)", re.IGNORECASE)
_PICTURE_WORD = re.compile(
    r"\b(?:photos?|pictures?|file|pool|handout|courtesy|fotos?|bild|archiv\w*|archives?|getty|alamy|"
    r"shutterstock|istock\w*|pixabay"
    r"|unsplash|imago|picture alliance)\b|写真|撮影|提供|代表|사진",
    re.IGNORECASE,
)
_CREDIT_PART = re.compile(r" ?[/|,:：=＝・] ?| via | by ")
_CAPTION_LABEL = re.compile(
    r"(?:file(?: photo)?|photo|caption|bildunterschrift|légende|pie de foto|【?写真】?)"
    r"(?: ?[:：–—] | - )(?=.)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CreditedText:
    """A line that ends in a credit: what stands before it, and the credit."""

    caption: str
    credit: str
    is_bare_agency: bool  # "(AP)": such a bracket can also close a story


def parse_caption(text: str) -> CreditedText | None:
    """Return caption and credit of a line that ends in a credit.

    >>> parse_caption("The ferry leaves. (AP Photo/Ann Lee)")
    CreditedText(caption='The ferry leaves.', credit='AP Photo/Ann Lee', is_bare_agency=False)
    >>> parse_caption("The ferry (built in 1931) leaves the harbour.")
    """
    if len(text) > _LONGEST:
        return None
    tail = text[-_TAIL:]
    start = len(text) - len(tail)
    bracket = _BRACKET.search(tail)
    if bracket:
        inside = bracket["credit"].strip()
        is_bare_agency = name_agency(inside) is not None
        if not (is_bare_agency or _is_credit(inside)):
            return None
        credit = _LABELLED.sub("", inside, count=1) if _LABELLED.match(inside) else inside
        return CreditedText(text[: start + bracket.start()].rstrip(), credit, is_bare_agency)
    for pattern in _BARE if _MARKED.search(tail) else ():
        found = pattern.search(tail)
        if found and not ends_sentence(found["credit"]):
            before = (
                tail[: found.start() + 1]
                if ends_sentence(tail[found.start() : found.start() + 1])
                else tail[: found.start()]
            )
            return CreditedText((text[:start] + before).rstrip(" |–—/"), found["credit"].strip(" ."), False)
    return None


def _is_credit(inside: str) -> bool:
    """Tell whether what stands in brackets is a credit and no longer remark."""
    if len(inside.split()) > 12:
        return False
    if _LABELLED.match(inside) or _PICTURE_WORD.search(inside):
        return True
    parts = _CREDIT_PART.split(inside)
    return len(parts) > 1 and any(map(name_agency, parts))


def is_caption(text: str) -> bool:
    """Tell whether a line reads as a caption or a credit wherever it stands; "(AP)" alone does not decide."""
    parsed = parse_caption(text)
    return parsed is not None and not parsed.is_bare_agency


def find_captions(draft: Draft) -> Draft:
    """Turn captions into media, and cut their credits off.

    A line that ends in nothing but an agency, "(AP)", is a caption only while body text follows:
    closing a story so is a habit of some houses, and the last paragraph stays a paragraph.
    """
    paragraphs = draft.undecided()
    last_prose = max((each[0] for each in paragraphs if weigh(draft.text_of(each)) >= _PROSE), default=0)
    for paragraph in paragraphs:
        parsed = parse_caption(draft.text_of(paragraph))
        if parsed and not (parsed.is_bare_agency and paragraph[0] >= last_prose):
            draft = _take_caption(draft, paragraph, parsed)
    return draft


def _take_caption(draft: Draft, paragraph: Paragraph, parsed: CreditedText) -> Draft:
    caption = _CAPTION_LABEL.sub("", parsed.caption, count=1).strip()
    if weigh(caption) < _SHORTEST:
        media = Media("picture", caption or None, parsed.credit)
        return replace(draft.with_role(paragraph, Role.CREDIT), media=(*draft.media, media))
    lead_in = sum(len(draft.line(number).text) + 1 for number in paragraph[:-1])
    after = parsed.caption[lead_in:].strip()
    if after:
        draft = draft.with_edit(paragraph[-1], after, EditReason.CREDIT_CUT)
    media = Media("picture", caption, parsed.credit)
    return replace(draft.with_role(paragraph, Role.CAPTION), media=(*draft.media, media))
