"""An article to read: plain text, Markdown, and the HTML that feeds carry.

Each begins with the headline's part (not in HTML, where the feed has it), then the body with the dateline
where it was printed, before the first paragraph, then the captions. What the article says stays text: it
cannot become markup of the format that it stands in.
"""

import html
import re
from typing import Any

CANCELED = "This article has been canceled by its source."

# CommonMark lets every ASCII punctuation be escaped; these can begin something inside a line.
_INLINE = re.compile(r"[\\`*_\[\]<>&~|#]")
# And these at its begin: a list, a rule, the underline of a heading, a numbered list.
_LINE_START = re.compile(r"^([-+=])", re.MULTILINE)
_NUMBER = re.compile(r"^(\d{1,9})([.)])", re.MULTILINE)


def list_paragraphs(article: dict[str, Any]) -> list[str]:
    """List the body's paragraphs, the first with the dateline before it."""
    paragraphs = [part for part in (part.strip() for part in article["body"].split("\n\n")) if part]
    if article["dateline"] and paragraphs:
        paragraphs[0] = f"{article['dateline']['text']} {paragraphs[0]}"
    return paragraphs


def find_standfirst(article: dict[str, Any]) -> str | None:
    """Return the standfirst to be printed above the body; None if the body opens with the same."""
    standfirst: str | None = article["standfirst"]
    return None if standfirst and opens_with(article["body"], standfirst) else standfirst


def opens_with(body: str, text: str) -> bool:
    """Tell whether the first paragraphs of a body are a text: a page's description can be its opening.

    >>> opens_with("Ferries return.\\n\\nThe port is open.", "Ferries return.")
    True
    """
    wanted, said = text.split(), []
    for paragraph in body.split("\n\n"):
        said += paragraph.split()
        if len(said) >= len(wanted):
            break
    return said == wanted


def list_captions(article: dict[str, Any]) -> list[str]:
    """List what is said of the pictures and videos, with their credits in parentheses."""
    captions = []
    for media in article["media"]:
        credit = f"({media['credit']})" if media["credit"] else None
        if parts := [part for part in (media["caption"], credit) if part]:
            captions.append(" ".join(parts))
    return captions


def _list_origin(article: dict[str, Any]) -> list[str]:
    """List the outlet and the date of publication, as far as they are known."""
    source, published = article["source"] or {}, article["published_at"]
    name = source.get("name") or source.get("domain")
    return [part for part in (name, published["value"] if published else None) if part]


def write_text(article: dict[str, Any]) -> str:
    """Write the article as plain text: parts with a blank line between them."""
    parts = [
        CANCELED if article["status"] == "canceled" else None,
        article["kicker"],
        article["headline"],
        find_standfirst(article),
        article["byline"],
        " · ".join(_list_origin(article)),
        *list_paragraphs(article),
        *(f"[{media}]" for media in list_captions(article)),
        article["url"],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_markdown(article: dict[str, Any]) -> str:
    """Write the article as Markdown (CommonMark)."""
    headline, standfirst, url = article["headline"], find_standfirst(article), article["url"]
    parts = [
        f"**{CANCELED}**" if article["status"] == "canceled" else None,
        _escape(article["kicker"]),
        f"# {_escape(' '.join(headline.split()))}" if headline else None,
        f"**{_escape(standfirst)}**" if standfirst else None,
        _escape(article["byline"]),
        _escape(" · ".join(_list_origin(article))),
        *(_escape(paragraph) for paragraph in list_paragraphs(article)),
        "\n".join(f"- {_escape(' '.join(caption.split()))}" for caption in list_captions(article)),
        f"<{_quote_url(url)}>" if url else None,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _escape(text: str | None) -> str:
    """Escape a text so that Markdown shows it as it is, its line breaks too."""
    lines = [line.strip() for line in (text or "").splitlines()]
    escaped = _INLINE.sub(r"\\\g<0>", "\n".join(line for line in lines if line))
    escaped = _NUMBER.sub(r"\1\\\2", _LINE_START.sub(r"\\\1", escaped))
    return escaped.replace("\n", "\\\n")


def _quote_url(url: str) -> str:
    """Write a URL so that no character of it ends the link."""
    return url.replace("<", "%3C").replace(">", "%3E")


def write_html(article: dict[str, Any]) -> str:
    """Write the body as HTML: paragraphs, then the captions."""
    parts = [f"<strong>{CANCELED}</strong>"] if article["status"] == "canceled" else []
    parts += [
        "<br>".join(html.escape(line.strip()) for line in paragraph.splitlines())
        for paragraph in list_paragraphs(article)
    ]
    parts += [f"<small>{html.escape(caption)}</small>" for caption in list_captions(article)]
    return "".join(f"<p>{part}</p>" for part in parts)
