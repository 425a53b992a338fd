"""Captions of pictures: lines that speak of a picture and not of the news.

 A caption is told by its credit, at its end or on the line below or above it; by what pages print before
captions ("Open this photo in gallery"); or by words that point into a picture ("(l.)"). Other captions read
like prose.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.article import Media
from app.cleaning.credits import CreditedText, parse_caption, parse_credit_line
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.introductions import mark_kept
from app.cleaning.ledger import EditReason, Reason, Role
from app.cleaning.measures import ends_sentence, fold, weigh

__all__ = ["find_captions", "is_caption", "parse_caption"]

_SHORTEST = 12  # letters below which what stands before a credit is no caption
_PROSE = 80  # letters from which a line is body text
_LONGEST_BESIDE = 260  # letters of a caption whose credit stands on a line of its own
_LONGEST_SINGLE = 170  # letters from which a line is rather a paragraph than the caption of the credit below
_LONGEST_POINTING = 600  # letters of a caption that names everybody in a picture, "from left"
_CONTEXTUAL = (  # what can be given back: the labeller, and no rule that is certain, took it away
    Reason.NAVIGATION,
    Reason.OUTSIDE_ARTICLE,
    Reason.COPYRIGHT,
    Reason.REPEATED,  # one photographer has many pictures
)

_CAPTION_IN_CREDIT = re.compile(  # what stands behind "Foto:" in "Foto: Die Fähre im Hafen (Lee/dpa)"
    r"(?P<caption>\S.{20,}) \((?P<credit>[^()/]{2,40}/[^()/]{2,40})\)?"  # its last bracket is cut off already
)
_CAPTION_LABEL = re.compile(
    r"(?:file(?: photo)?|photo|caption|image caption|bildunterschrift|légende|pie de foto|【?写真】?)"
    r"(?: ?[:：–—,] | - )(?=.)",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"open this photo in gallery:?|(?:image|photo) \d+ of \d+|toggle caption|hide caption|enlarge this image|"
    r"view (?:image(?: in fullscreen)?|\d{1,3} images?)|zeigt weitere informationen zum bild|"
    r"bild (?:vergrößern|in detailansicht öffnen)|"
    r"развернуть на весь экран|이미지 확대보기|사진 확대|helskärm|ampliar imagen|ver imagen|"
    r"画像を拡大|写真を拡大|拡大する",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"(?:Image|Picture|Photo|Credit):\s?([^\n]{2,80})\)")
_POINTING = re.compile(
    r"\((?:(?:im bild )?(?:von )?(?:l|r|li|re|m|links|rechts|mitte|left|right|cent(?:er|re)|izq|izquierda|"
    r"dcha|derecha|"
    r"à gauche|à droite|hinten|vorne)\.?(?:,? (?:nach|to|n\.?) ?\w{1,6}\.?)?|v\. ?l\. ?(?:n\. ?r\.?)?|"
    r"(?:archiv|symbol)(?:bild|foto)|file photo|file image|stock image|foto de archivo|archivo)\)|"
    r"^pictured[ ,:]|^(?:(?:above|below|back|front),? )?from (?:left|right)[ ,:]|"
    r"^v\. ?l\. ?(?:n\. ?r\.)?:|\(von li(?:nks)? nach re(?:chts)?\)|\(li nach re\)|"
    r"\b(?:from (?:the )?left|left to right|von links(?: nach rechts)?|de izquierda a derecha|"
    r"de gauche à droite|da sinistra(?: a destra)?|da esquerda para a direita|van links naar rechts|"
    r"från vänster|fra venstre|frá vinstri|od lewej|слева направо) ?[:)]|"
    r"[（(](?:左|右|中|中央|手前|奥|左端|右端|左から|右から)[）)](?!.*。$)",
    re.IGNORECASE,
)
_POINTING_FIRST = "pPfFaAbBvV"  # letters with which what points begins, if it is not in brackets
# "The ferry leaves the harbour. Ann Lee": a whole word before the full stop, and none behind the names.
_UNMARKED = re.compile(
    r"(?<=[a-zß-ÿ]{3}\.)\s(?P<credit>(?=.{4})[A-ZÀ-Þ][\w'’&-]*(?: [A-ZÀ-Þ&][\w'’&-]*){0,3})$"
)
_LONGEST_UNMARKED = 300


def is_caption(text: str) -> bool:
    """Tell whether a line reads as a caption or a credit wherever it stands; "(AP)" alone does not decide."""
    parsed = parse_caption(text)
    if parsed is not None:
        return not parsed.is_bare_agency
    return parse_credit_line(text) is not None


def find_captions(draft: Draft) -> Draft:
    """Turn captions into media, and cut their credits off.

    A line that ends in nothing but an agency, "(AP)", is a caption only while body text follows:
    closing a story so is a habit of some houses, and the last paragraph stays a paragraph.
    """
    kept = draft.undecided()
    if not kept:
        return draft
    last_prose = max((each[0] for each in kept if weigh(draft.text_of(each)) >= _PROSE), default=0)
    first, last = draft.paragraphs.index(kept[0]), draft.paragraphs.index(kept[-1])
    draft = _take_figures(draft, first, last)
    for index in range(first, last + 1):
        draft = _read_paragraph(draft, index, first, last_prose)
    return _mark_repeated(draft, draft.paragraphs[first + 1 : last + 1])


def _take_figures(draft: Draft, first: int, last: int) -> Draft:
    """Take the captions that the markup of the page names, of the lines that print them.

    Leaves captions that only stand far from the article alone: they belong to other stories.
    """
    forms: dict[str, tuple[Media, Role]] = {}
    for media in draft.metadata.figures:
        caption, credit = media.caption or "", media.credit or ""
        for form, role in (
            (caption, Role.CAPTION),
            (f"{caption} {credit}", Role.CAPTION),
            (credit, Role.CREDIT),
        ):
            if fold(form):
                forms.setdefault(fold(form), (media, role))
    if not forms:
        return draft
    taken: dict[Media, None] = {}
    roles: dict[int, Role] = {}
    printed: set[Media] = set()
    for index, paragraph in enumerate(draft.paragraphs):
        key = fold(draft.text_of(paragraph))
        is_kept = draft.line(paragraph[0]).role in (Role.UNDECIDED, Role.STANDFIRST)
        known = forms.get(key) or (_find_begun(forms, key) if is_kept else None)
        if known is None:
            continue
        media, role = known
        printed.add(media)
        if first <= index <= last:
            taken[media] = None
            if is_kept:
                roles.update(dict.fromkeys(paragraph, role))
    found = [media for media in draft.metadata.figures if media in taken or media not in printed]
    return replace(draft.with_roles(roles), media=tuple(found))


def _find_begun(forms: dict[str, tuple[Media, Role]], key: str) -> tuple[Media, Role] | None:
    """Return the figure whose text begins with a line: its credit, which nothing marks, stands below."""
    if len(key) < _SHORTEST:
        return None
    return next(
        (known for form, known in forms.items() if form.startswith(key) and len(form) < 2 * len(key)), None
    )


def _mark_repeated(draft: Draft, paragraphs: tuple[Paragraph, ...]) -> Draft:
    """Mark the lines that print a caption once more, as pages do for screen readers."""
    captions = {media.caption for media in draft.media if media.caption}
    for paragraph in paragraphs if captions else ():
        if draft.line(paragraph[0]).role is Role.UNDECIDED and draft.text_of(paragraph) in captions:
            draft = draft.with_role(paragraph, Role.CAPTION)
    return draft


def _read_paragraph(draft: Draft, index: int, first: int, last_prose: int) -> Draft:
    paragraph = draft.paragraphs[index]
    line = draft.line(paragraph[0])
    is_kept = line.role is Role.UNDECIDED
    text = draft.text_of(paragraph)
    if line.role is Role.STANDFIRST and index and _is_told(draft, index, text):
        return _add_told(draft, paragraph, text)
    if not is_kept and not (line.role is Role.REMOVED and line.reason in _CONTEXTUAL):
        return draft
    credit = parse_credit_line(text)
    whole = _CAPTION_IN_CREDIT.fullmatch(credit) if credit else None
    if whole:
        return _take_caption(draft, paragraph, CreditedText(whole["caption"], whole["credit"], False))
    if credit:
        return _take_credit(draft, index, credit, first)
    parsed = parse_caption(text)
    if parsed:
        is_last = parsed.is_bare_agency and paragraph[0] >= last_prose
        is_certain = is_kept or weigh(parsed.caption) >= _SHORTEST
        return _take_caption(draft, paragraph, parsed) if is_certain and not is_last else draft
    if not (is_kept or line.reason is Reason.OUTSIDE_ARTICLE):
        return draft
    if index == first:
        return _add_told(draft, paragraph, text) if _points(text) else draft
    if text.endswith(" (") and index + 1 < len(draft.paragraphs):
        return _take_broken(draft, index)
    can_be = len(text) <= _LONGEST_UNMARKED and text[-1].isalnum()
    unmarked = _UNMARKED.search(text) if can_be else None
    # A wrapped text has what stands below it in its last line: a heading as well as a name.
    is_line = unmarked is not None and unmarked["credit"] == draft.line(paragraph[-1]).text
    if unmarked and not (is_line or _goes_on(draft, index) or _opens_story(draft, index)):
        parsed = CreditedText(text[: unmarked.start()], unmarked["credit"], is_bare_agency=False)
        return _take_caption(draft, paragraph, parsed)
    return _add_told(draft, paragraph, text) if _is_told(draft, index, text) else draft


def _add_told(draft: Draft, paragraph: Paragraph, text: str) -> Draft:
    """Take a line without a credit as a caption."""
    if draft.line(paragraph[0]).role is not Role.REMOVED:
        draft = draft.with_role(paragraph, Role.CAPTION)
    return _add_media(draft, Media("picture", _CAPTION_LABEL.sub("", text, count=1), None))


def _opens_story(draft: Draft, index: int) -> bool:
    return any(each.opens_story for each in draft.readings[index : index + 1])


def _goes_on(draft: Draft, index: int) -> bool:
    """Tell whether the sentence of a line goes on in the next one, as in text that was wrapped by hand."""
    below = draft.paragraphs[index + 1 : index + 2]
    return any(draft.text_of(each)[0].islower() for each in below)


def _take_broken(draft: Draft, index: int) -> Draft:
    """Read "The ferry leaves (" / "Image:" / "Ann Lee)", one caption on two or three lines."""
    following = [draft.text_of(each) for each in draft.paragraphs[index + 1 : index + 3]]
    credit = _BROKEN.match("\n".join(following))
    if credit is None:
        return draft
    paragraph = draft.paragraphs[index]
    media = Media("picture", draft.text_of(paragraph).removesuffix("(").strip(), credit[1])
    draft = _add_media(mark_kept(draft, paragraph, Role.CAPTION), media)
    taken = draft.paragraphs[index + 1 : index + 2 + ("\n" in credit[0])]
    for each in taken:
        draft = mark_kept(draft, each, Role.CREDIT)
    return draft


def _is_told(draft: Draft, index: int, text: str) -> bool:
    """Tell whether a line without a credit is a caption by what stands before it or by its words."""
    weight = weigh(text)
    above = draft.text_of(draft.paragraphs[index - 1])
    if weight <= 350 and (_OPENER.fullmatch(above) or text[:14].lower() == "image caption,"):
        return True
    return _points(text)


def _points(text: str) -> bool:
    """Tell whether the words of a line point into a picture."""
    can_point = text[0] in _POINTING_FIRST or any(mark in text for mark in "(（:")
    return can_point and weigh(text) <= _LONGEST_POINTING and _POINTING.search(text[:400]) is not None


def _take_credit(draft: Draft, index: int, credit: str, first: int) -> Draft:
    """Join a credit on a line of its own with the caption above it, or else with the one below."""
    paragraph = draft.paragraphs[index]
    above, below = _find_beside(draft, index - 1), _find_beside(draft, index + 1)
    if above and index - 1 == first and not ends_sentence(draft.text_of(above)):
        above = None  # the headline
    if below and ends_sentence(draft.text_of(below)) and not _is_standfirst(draft, below):
        below = None  # as likely the first paragraph of the story
    if above and below and weigh(draft.text_of(above)) > _LONGEST_SINGLE >= weigh(draft.text_of(below)):
        above = None
    caption = above or below
    if draft.line(paragraph[0]).role is Role.REMOVED and (caption is None or _is_subhead(draft, caption)):
        return draft
    draft = mark_kept(draft, paragraph, Role.CREDIT)
    if caption is None:
        return _add_media(draft, Media("picture", None, credit))
    text = _CAPTION_LABEL.sub("", draft.text_of(caption), count=1)
    if draft.line(caption[0]).role is not Role.REMOVED:
        draft = draft.with_role(caption, Role.CAPTION)
    return _add_media(draft, Media("picture", text, credit))


def _find_beside(draft: Draft, index: int) -> Paragraph | None:
    """Return the paragraph beside a credit if it can be a caption: not long, without a credit, no label, and
    not yet that of another credit.
    """
    if not 0 <= index < len(draft.paragraphs):
        return None
    paragraph = draft.paragraphs[index]
    text, line = draft.text_of(paragraph), draft.line(paragraph[0])
    if line.role not in (Role.UNDECIDED, Role.STANDFIRST) and line.reason is not Reason.OUTSIDE_ARTICLE:
        return None
    longest = _LONGEST_SINGLE if line.role is Role.STANDFIRST else _LONGEST_BESIDE
    if not _SHORTEST <= weigh(text) <= longest or any(media.caption == text for media in draft.media):
        return None
    if fold(text) in {fold(each) for each in draft.metadata.summaries}:
        return None  # the standfirst: the markup gives it as the description
    is_speech = text[:1] in '"“„«»–—' and not ends_sentence(text)
    return None if is_speech or parse_caption(text) or parse_credit_line(text) else paragraph


def _is_subhead(draft: Draft, paragraph: Paragraph) -> bool:
    is_kept = draft.line(paragraph[0]).role is Role.UNDECIDED
    return is_kept and not ends_sentence(draft.text_of(paragraph))


def _is_standfirst(draft: Draft, paragraph: Paragraph) -> bool:
    return draft.line(paragraph[0]).role is Role.STANDFIRST


def _add_media(draft: Draft, media: Media) -> Draft:
    is_known = media in draft.media or any(
        media.caption == each.caption and media.caption and each.credit for each in draft.media
    )
    return draft if is_known else replace(draft, media=(*draft.media, media))


def _take_caption(draft: Draft, paragraph: Paragraph, parsed: CreditedText) -> Draft:
    caption = _CAPTION_LABEL.sub("", parsed.caption, count=1).strip()
    if weigh(caption) < _SHORTEST:
        media = Media("picture", caption or None, parsed.credit)
        return _add_media(mark_kept(draft, paragraph, Role.CREDIT), media)
    lead_in = sum(len(draft.line(number).text) + 1 for number in paragraph[:-1])
    after = parsed.caption[lead_in:].strip()
    if after and draft.line(paragraph[0]).role is Role.UNDECIDED:
        draft = draft.with_edit(paragraph[-1], after, EditReason.CREDIT_CUT)
    return _add_media(mark_kept(draft, paragraph, Role.CAPTION), Media("picture", caption, parsed.credit))
