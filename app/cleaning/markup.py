"""From a page in HTML to the text that it shows.

The conversion is resiliparse's: of the two libraries tried (resiliparse 2.0.1, inscriptis 2.7.6) it keeps the
text inside 100,000 nested elements, where inscriptis answers with nothing; decodes "&amp;lt;" once and not
twice; and is eight times as fast on 100,000 paragraphs. Neither recurses, and neither lets scripts, styles
or comments through.
"""

from __future__ import annotations

import re
from dataclasses import replace

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from app.cleaning.draft import Draft

_UNSHOWN = "title, template, [hidden], [style*='display:none'], [style*='display: none']"
_CLOSING_TAG = re.compile(
    r"</(?:p|div|article|section|nav|h[1-6]|ul|ol|li|table|blockquote|span|a|b|i|em|strong|script|style)\s*>",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\s*<[!a-zA-Z]")
_SURROGATE = re.compile("[\ud800-\udfff]")  # the parser refuses a str that UTF-8 cannot carry


def read_markup(draft: Draft) -> Draft:
    """Turn HTML into the lines that a reader would see.

    Plain text is taken over as it is.

    >>> from app.cleaning.draft import Hints
    >>> page = "<p>Rain<br>fell.</p><script>alert(1)</script>"
    >>> read_markup(Draft(raw=page, hints=Hints(content_type="text/html"))).text
    'Rain\\nfell.'
    """
    if draft.hints.content_type != "text/html":
        return replace(draft, text=draft.raw)
    return replace(draft, text=_shown_text(_SURROGATE.sub("\ufffd", draft.raw)))


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
    return _shown_text(_SURROGATE.sub("\ufffd", text)).strip("\n")


def _shown_text(page: str) -> str:
    tree = HTMLTree.parse(page)
    # The slice: each step through a collection of resiliparse copies all of it.
    for element in tree.body.query_selector_all(_UNSHOWN)[:] if tree.body else ():
        element.decompose()
    text: str = extract_plain_text(
        tree, preserve_formatting=True, list_bullets=False, alt_texts=False, links=False, form_fields=False
    )
    return text
