"""Characters: what is damaged, invisible or merely different becomes plain text, each change with its reason.

Lines are worked on one by one and stay lines: their number never changes.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.entities import html5

import ftfy

from app.cleaning.draft import Draft
from app.cleaning.ledger import Edit, EditReason, Line, Role, Warning_

_PLAIN = re.compile("[ !-%'-~\u2010-\u2027\u2030-\u205e]*")  # nothing to do in such a line, spaces aside
_SURROGATE = re.compile("[\ud800-\udfff]")

# Windows-1252 readings of UTF-8. ftfy costs 0.5 ms an article, so this search comes first.
_CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(f"[\u00c2-\u00df]{_CONTINUATION}|[\u00e0-\u00f4]{_CONTINUATION}{{2}}")

_ENTITY = re.compile(r"&(?:amp;)*([A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")

# Joiners mean something inside emoji and in Arabic, Indic and South-East Asian scripts; elsewhere they only
# hide.
_JOINED = (
    "[\u0600-\u08ff\u0900-\u0dff\u0e80-\u109f\u1780-\u18af\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff"
    "\ufb50-\ufdff\ufe0f\ufe70-\ufefc\U0001f000-\U0001faff]"
)
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f"  # tag characters spell the flag of a region
_HIDDEN = re.compile(  # one of them, whatever stands around it
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# A class comes first, since a search skips quickly to what it holds.
_INVISIBLE = re.compile(rf"{_HIDDEN.pattern}(?:(?<!{_JOINED}[\u200c\u200d])|(?!{_JOINED}))")
_INVISIBLE_BESIDE_FLAGS = re.compile(f"({_FLAG})|{_INVISIBLE.pattern}")
_SPACE = re.compile(
    "[\t\v\f\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164\uffa0]"
)
_SPACES = re.compile(" {2,}")

MAX_MARKS = 30  # on one base: the stream-safe limit of UAX 15. Longer runs make normalisation quadratic.
_MARKS = [
    chr(code)
    for code in (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))
    if unicodedata.category(chr(code))[0] == "M"
]
# A class of characters beyond U+FFFF is searched range by range, at fifty times the cost, so those marks are
# looked for as if they were this one.
_ANY_MARK = "\u0300"
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_AS_ANY_MARK = {ord(mark): _ANY_MARK for mark in _MARKS if _BEYOND.match(mark)}
_MARK = "".join(mark for mark in _MARKS if not _BEYOND.match(mark))
_STACK = re.compile(f"[\u0300-\U0010ffff]{{{MAX_MARKS + 1}}}")  # could be such a run; quick on Latin script
_MARK_RUN = re.compile(f"([{_MARK}]{{{MAX_MARKS}}})[{_MARK}]+")


def normalise_characters(draft: Draft) -> Draft:
    r"""Make the characters of every line plain.

    Leaves alone what carries meaning: quotation marks, dashes, emoji, joiners in Persian or Hindi. Keeps the
    number of lines.

    >>> from app.cleaning.lines import split_lines
    >>> draft = normalise_characters(split_lines(Draft(raw="", text="Rock &amp; roll\u200b \xa0lives")))
    >>> draft.lines[0].text
    'Rock & roll lives'
    >>> [edit.reason.value for edit in draft.edits]
    ['entities-decoded', 'invisible-dropped', 'spaces-tidied']
    """
    changed: list[Line] = []
    edits: list[Edit] = []
    for line in draft.lines:
        if line.role is Role.UNDECIDED and _needs_work(line.text):
            changes = list(_normalise(line))
            if changes:
                text = changes[-1].after
                changed.append(Line(line.number, text, Role.UNDECIDED if text else Role.BLANK))
                edits.extend(changes)
    draft = replace(draft.with_lines(changed), edits=(*draft.edits, *edits))
    reasons = {edit.reason for edit in edits}
    for reason, warning in _WARNINGS:
        if reason in reasons:
            draft = draft.with_warning(warning)
    return draft


_WARNINGS = (
    (EditReason.MARKS_CAPPED, Warning_.MARKS_CAPPED),
    (EditReason.MOJIBAKE_REPAIRED, Warning_.MOJIBAKE_REPAIRED),
)


def _needs_work(text: str) -> bool:
    return "  " in text or text[:1] == " " or text[-1:] == " " or not _PLAIN.fullmatch(text)


def _normalise(line: Line) -> Iterator[Edit]:
    """Yield the edits of a line, in order.

    One round is enough for text as it is met. Damaged text can need a second (a decoded entity that hides
    an invisible character), and two more bound what text made to defeat this can cost.
    """
    text = line.text
    for _ in range(4):
        before = text
        for reason, change in _CHANGES:
            after = change(text)
            if after != text:
                yield Edit(line.number, text, after, reason)
                text = after
        if text == before:
            return


def _replace_surrogates(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def _repair_mojibake(text: str) -> str:
    return ftfy.fix_encoding(text) if _MOJIBAKE.search(text) else text


def _decode_entities(text: str) -> str:
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def _decode_entity(match: re.Match[str]) -> str:
    """Decode a complete entity, encoded once or, as feeds often do, several times.

    A line end would add a line, so it becomes a space; html.unescape gives U+FFFD for what is no character.
    """
    name = match[1]
    if name[0] != "#" and f"{name};" not in html5:
        return f"&{name};"  # html.unescape would read "&notes;" as "¬es;"
    decoded = html.unescape(f"&{name};")
    return " " if decoded in ("\n", "\r") else decoded


def _drop_invisible(text: str) -> str:
    if "\U0001f3f4" in text:
        return _INVISIBLE_BESIDE_FLAGS.sub(r"\1", text)
    return _INVISIBLE.sub("", text) if _HIDDEN.search(text) else text


def _tidy_spaces(text: str) -> str:
    return _SPACES.sub(" ", _SPACE.sub(" ", text)).strip(" ")


def _cap_marks(text: str) -> str:
    if not _STACK.search(text):
        return text
    seen = text.translate(_AS_ANY_MARK) if _BEYOND.search(text) else text
    kept, end = [], 0
    for run in _MARK_RUN.finditer(seen):
        kept.append(text[end : run.end(1)])
        end = run.end()
    return "".join((*kept, text[end:]))


def _compose(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    return _cap_marks(unicodedata.normalize("NFC", text))


_CHANGES: tuple[tuple[EditReason, Callable[[str], str]], ...] = (
    (EditReason.SURROGATES_REPLACED, _replace_surrogates),
    (EditReason.MOJIBAKE_REPAIRED, _repair_mojibake),
    (EditReason.ENTITIES_DECODED, _decode_entities),
    (EditReason.INVISIBLE_DROPPED, _drop_invisible),
    (EditReason.SPACES_TIDIED, _tidy_spaces),
    (EditReason.MARKS_CAPPED, _cap_marks),
    (EditReason.CHARACTERS_COMPOSED, _compose),
)

_SAFE: tuple[Callable[[str], str], ...] = (
    _replace_surrogates,
    _drop_invisible,
    _tidy_spaces,
    _cap_marks,
    _compose,
)


def normalise_text(text: str) -> str:
    r"""Make the characters of an already structured text safe, line by line; its line breaks stay.

    Leaves alone what only raw pages have wrong, entities and mojibake: a structured text means what it says.

    >>> normalise_text("Rock &amp; roll\u200b \xa0lives\n\non")
    'Rock &amp; roll lives\n\non'
    """
    if _is_tidy_ascii(text):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for change in _SAFE:
        lines = [change(line) for line in lines]
    return "\n".join(lines).strip("\n")


def _is_tidy_ascii(text: str) -> bool:
    """Tell whether a text has nothing to change, for a fifth of what changing nothing costs."""
    return (
        text.isascii()
        and not any(spaces in text for spaces in ("  ", " \n", "\n "))
        and text == text.strip(" \n")
        and text.replace("\n", "").isprintable()
    )
