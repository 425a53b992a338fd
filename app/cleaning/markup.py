"""From a page in HTML to the text that it shows, and the element that each line of it comes from.

The page is parsed once, by resiliparse (the parser Lexbor): its tree is read for metadata, and printed. The
print has a form of its own (every element closed, attributes quoted, "<" only where a tag begins), so that
one expression finds its tags: a page of 290 kB is read in 3 ms, where a walk over the nodes of resiliparse
takes 6 ms more. selectolax's nodes are as fast, but its parser takes 22 s for 100,000 nested elements.

HTML's rules let a page cost far more than its length: each open <b> is opened anew in each paragraph (19 kB
of them fill a gigabyte), each end tag is looked for among all open elements, each attribute among all of its
tag. So elements of form get other names, which those rules do not know, and a page of very many tags or
attributes is read tag by tag, without a tree; so is a structured text, of which only the lines are wanted.

Nothing recurses. Scripts, styles, comments, forms, figures and what is hidden are not shown, and "&amp;lt;"
is decoded once. Some pages leave the article to their scripts and state it as JSON-LD only: what is stated
then stands below the lines that are shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

from resiliparse.parse.html import HTMLTree

from app.cleaning.draft import Draft
from app.cleaning.elements import RENAMED, Element, Mark
from app.cleaning.lines import MOST_ROWS
from app.cleaning.metadata import parse_metadata

_SKIPPED_NAMES = """audio button canvas datalist embed figure head iframe label math meter noembed
    noframes noscript object progress select svg template textarea title video"""
_LONE_NAMES = """area base basefont bgsound br col embed frame hr img input keygen link meta param source
    track wbr"""
_BLOCK_NAMES = """address article aside blockquote body caption center dd details dialog dir div dl dt
    fieldset figcaption footer form h1 h2 h3 h4 h5 h6 header hgroup legend li main menu nav ol p pre section
    summary table tbody tfoot thead tr ul"""
_SKIPPED, _LONE, _BLOCKS = (frozenset(names.split()) for names in (_SKIPPED_NAMES, _LONE_NAMES, _BLOCK_NAMES))
_PARTED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})  # stand between empty lines
_STRONG = frozenset({"b", "strong"})
_PIECE = re.compile(  # text, and the tag, by its own name, or what is no text behind it
    r"<(?:!--.*?-->|(?:script|style)\b[^>]*>[^<]*+(?:<(?!/(?:script|style)>)[^<]*+)*+</(?:script|style)>"
    rf"|(/?)(?:{RENAMED})?([a-zA-Z][^\s/>]*)([^>]*)>)",
    re.DOTALL,
)
_UNSHOWN = re.compile(r' style="[^"]*display: ?none')
_STREAMED = re.compile(r' id="S:[\da-f]+"')  # React sends what a page shows late in hidden elements named so
_CLOSING_TAG = re.compile(
    r"</(?:p|div|article|section|nav|h[1-6]|ul|ol|li|table|blockquote|span|a|b|i|em|strong|script|style)\s*>",
    re.IGNORECASE,
)
_SHORTEST_STATED = 300  # letters of a stated body that is no teaser
_PIECES, _PIECE_LENGTH, _LEAST_SHOWN = 40, 24, 0.2  # pieces of it that are looked for; share of them shown
_OPENING = re.compile(r"\s*<[!a-zA-Z]")
_SURROGATE = re.compile("[\ud800-\udfff]")  # the parser refuses a str that UTF-8 cannot carry
# https://html.spec.whatwg.org/multipage/parsing.html#formatting
_FORMATTING = re.compile(
    r"<(/?)(?=[abcefinstu])(?=(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/>])",
    re.IGNORECASE,
)
# Of 713 development pages the one with most has 19,252; 30,000 made to harm take the parser two seconds.
_MOST_TAGS = 20_000
_MOST_PAGES = 20  # <html> and <body>: what all say is one element's
# Pairs of attributes of one tag, which the parser compares: these take it a tenth of a second. Tags that are
# not long cannot have many.
_MOST_PAIRS = 50_000_000
_LONG_TAG = 2000  # characters
_OPEN_TAG = re.compile(r"""<[a-zA-Z](?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+""")
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_ATTRIBUTE = re.compile(r"[^\s/]+")
_HIDDEN = re.compile(r"""\shidden[\s=/>]|\sstyle\s*=\s*["']?[^"'>]*display:\s*none""", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|body)[\s/>]", re.IGNORECASE)
_TAG = re.compile(  # what is no text, as it may be written; what is not closed goes on to the end
    r"<(?:!--(?:.*?-->|.*)|[!?][^>]*>?|(?:script|style)\b[^>]*(?:>.*?</(?:script|style)\s*>|.*)"
    r"""|(/?)([a-z][^\s/>]*+)((?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+(?:>|$)))""",
    re.DOTALL | re.IGNORECASE,
)


def read_markup(draft: Draft) -> Draft:
    """Turn HTML into the lines that a reader would see, and read what it says of its article.

    Plain text is taken over as it is.

    >>> from app.cleaning.draft import Hints
    >>> page = "<p>Rain<br>fell.</p><script>alert(1)</script>"
    >>> read_markup(Draft(raw=page, hints=Hints(content_type="text/html"))).text
    'Rain\\nfell.'
    """
    if draft.hints.content_type != "text/html":
        return replace(draft, text=draft.raw)
    if _is_too_much(draft.raw):
        return replace(draft, text="\n".join(_strip_tags(draft.raw)))
    tree = HTMLTree.parse(_rename_formatting(_replace_surrogates(draft.raw)))
    page = _read_page(tree)
    metadata = parse_metadata(tree)
    if not _is_shown(metadata.body, page.texts):
        page.add_stated(show_markup(metadata.body))
    return replace(draft, text="\n".join(page.texts), marks=tuple(page.marks), metadata=metadata)


def _replace_surrogates(raw: str) -> str:
    """Replace what the parser refuses; that there is none is known sooner by encoding than by searching."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", raw)
    return raw


def _rename_formatting(raw: str) -> str:
    parts = _FORMATTING.split(raw)
    parts[1::2] = [f"<{end}{RENAMED}" for end in parts[1::2]]
    return "".join(parts)


def _is_shown(stated: str, texts: list[str]) -> bool:
    """Tell whether a page shows the body that its markup states, by pieces of it; a short one is a teaser."""
    body = "".join(stated.split())
    if len(body) < _SHORTEST_STATED:
        return True
    shown = "".join("".join(texts).split())
    starts = range(0, len(body) - _PIECE_LENGTH, max(1, len(body) // _PIECES))
    found = sum(body[start : start + _PIECE_LENGTH] in shown for start in starts)
    return found > _LEAST_SHOWN * len(starts)


def show_markup(text: str) -> str:
    """Return the text that a structured text shows, if it came as HTML.

    It did if it begins with a tag and closes an element that pages are made of. All other text means what it
    says, "<" included: prose about HTML is prose.

    >>> show_markup("<p>Rain fell.</p><script>alert(1)</script>")
    'Rain fell.'
    >>> show_markup("It fell by <5 %, use <p> for a paragraph.")
    'It fell by <5 %, use <p> for a paragraph.'
    """
    if not _OPENING.match(text) or not _CLOSING_TAG.search(text):
        return text
    return "\n".join(_strip_tags(text))


def _is_too_much(raw: str) -> bool:
    """Tell whether a parser may take far longer for a page than its length tells."""
    if raw.count("<") > _MOST_TAGS or len(_PAGE.findall(raw)) > _MOST_PAGES:
        return True
    long_tags = (tag for tag in _OPEN_TAG.findall(raw) if len(tag) > _LONG_TAG)
    attributes = (len(_ATTRIBUTE.findall(_VALUE.sub("", tag))) for tag in long_tags)
    return sum(count * count for count in attributes) > _MOST_PAIRS


def _strip_tags(raw: str) -> list[str]:
    """Read the lines that HTML shows from its tags alone, as they are written."""
    parts = _TAG.split(raw)
    ends = {parts[at + 1].lower(): at for at in range(1, len(parts), 4) if parts[at]}
    body, pre = (Element(None, tag, "", 0, None, is_linked=False, is_strong=False) for tag in ("body", "pre"))
    page, element, hidden = _Page(), body, ""
    page.add(_decode(parts[0]), element)
    for at in range(1, len(parts), 4):
        is_end, name, attributes, text = parts[at : at + 4]
        tag = (name or "").lower()
        if hidden:
            hidden = "" if is_end and tag == hidden else hidden
        elif tag and not attributes.endswith(">"):  # the text ends within the tag, if it is one
            page.add(f"&lt;{is_end}{name}{attributes}", element)
        elif tag == "br":
            page.break_line()
        elif not is_end and ends.get(tag, 0) > at and (tag in _SKIPPED or _HIDDEN.search(attributes)):
            hidden = tag
        elif tag in _BLOCKS:
            page.end_line(is_parted=tag in _PARTED)
            element = pre if tag == "pre" and not is_end else body
        elif tag == "td" or tag == "th":
            page.add("\t", element)
        if not hidden and text:
            page.add(_decode(text), element)
    page.end_line(is_parted=False)
    return page.texts


def _decode(text: str) -> str:
    """Return a text as the parser prints it: any character may be written as its reference, few must."""
    return escape(unescape(text), quote=False) if "&" in text else text


def _read_page(tree: HTMLTree) -> _Page:
    """Read the lines that the body of a page shows, and where each stands; an empty one stands nowhere."""
    page = _Page()
    if tree.body is None:
        return page
    parts = _PIECE.split(str(tree.body))
    root = Element(None, "body", "", 0, None, is_linked=False, is_strong=False)
    stack = [root]
    hidden: list[str] = []  # the open elements from one that is not shown on
    page.add(parts[0], root)
    for at in range(1, len(parts), 4):
        is_end, tag, attributes, text = parts[at : at + 4]
        if tag is None:
            pass
        elif hidden:
            if tag == hidden[-1] and is_end:
                hidden.pop()
            elif tag == hidden[0] and not is_end:
                hidden.append(tag)
        elif is_end:
            if stack[-1].tag == tag and len(stack) > 1:
                if tag in _BLOCKS:
                    page.end_line(is_parted=tag in _PARTED)
                stack.pop()
        elif tag == "br":
            page.break_line()
        elif tag in _LONE or tag == "body":
            pass
        elif tag in _SKIPPED or (
            attributes and (_is_hidden(attributes) or _UNSHOWN.search(attributes) is not None)
        ):
            hidden.append(tag)
        else:
            if tag in _BLOCKS:
                page.end_line(is_parted=tag in _PARTED)
            elif tag == "td" or tag == "th":
                page.add("\t", stack[-1])
            page.elements += 1
            stack.append(_open(tag, attributes, stack[-1], page.elements))
        if text and not hidden:
            page.add(text, stack[-1])
    page.end_line(is_parted=False)
    return page


def _is_hidden(attributes: str) -> bool:
    return ' hidden="' in attributes and _STREAMED.search(attributes) is None


class _Page:
    """The lines of a page so far, and the pieces of the line at hand."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.marks: list[Mark | None] = []
        self.elements = 0
        self.pieces: list[tuple[str, Element]] = []
        self.wants_gap = False
        self.was_broken = False

    def add(self, text: str, element: Element) -> None:
        """Add text to the line at hand."""
        if element.tag == "pre" and "\n" in text:
            for piece in text.split("\n"):
                self.add(piece, element)
                self.break_line()
        elif self.pieces or not text.isspace():
            self.pieces.append((text, element))

    def add_stated(self, body: str) -> None:
        """Add the body that the markup states, as an element of its own would show it."""
        article = Element(None, "article", ' itemprop="articleBody"', self.elements + 1, None, False, False)
        for number, line in enumerate(body.split("\n"), start=self.elements + 2):
            self.end_line(is_parted=True)
            self.add(_decode(line), Element(article, "p", "", number, None, False, False))
        self.end_line(is_parted=True)

    def break_line(self) -> None:
        """End the line at hand; if there is none, an empty line is meant."""
        if not self.pieces and self.was_broken:
            self.wants_gap = True
        self.end_line(is_parted=False)
        self.was_broken = True

    def end_line(self, *, is_parted: bool) -> None:
        """End the line at hand, if there is one."""
        if self.pieces:
            text = " ".join("".join([piece for piece, _ in self.pieces]).replace("&nbsp;", " ").split())
            if text:
                if self.wants_gap and self.texts:
                    self.texts.append("")
                    self.marks.append(None)
                self.wants_gap = False
                if "&" in text:
                    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                self.texts.append(text)
                self.marks.append(_mark(self.pieces) if len(self.marks) < MOST_ROWS else None)
            self.pieces = []
        self.was_broken = False
        self.wants_gap = self.wants_gap or is_parted


def _open(tag: str, attributes: str, parent: Element, number: int) -> Element:
    block = None if tag in _BLOCKS or tag == "td" or tag == "th" else parent.block or parent
    is_linked, is_strong = parent.is_linked or tag == "a", parent.is_strong or tag in _STRONG
    return Element(parent, tag, attributes, number, block, is_linked, is_strong)


def _mark(pieces: list[tuple[str, Element]]) -> Mark:
    longest, inner = pieces[0]
    linked = strong = links = 0
    for text, element in pieces:
        size = len(text)
        if size > len(longest):
            longest, inner = text, element
        if element.is_linked:
            linked += size
            links += 1
        if element.is_strong:
            strong += size
    return Mark(inner.block or inner, inner, linked, strong, links)
