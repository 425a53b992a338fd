"""An article in the forms that other programs read: IPTC ninjs, schema.org JSON-LD, Markdown, plain text.

Each is written from the article's stored JSON, and says nothing that is not in it.
"""

from collections.abc import Callable
from typing import Any

import orjson

from app.formats.negotiation import MEDIA_TYPES, Format, choose_format, choose_list_format
from app.formats.ninjs import SCHEMA_URI, make_ninjs
from app.formats.prose import find_standfirst, opens_with, write_html, write_markdown, write_text
from app.formats.schema_org import write_news_article

__all__ = [
    "MEDIA_TYPES",
    "SCHEMA_URI",
    "Format",
    "choose_format",
    "choose_list_format",
    "find_standfirst",
    "opens_with",
    "render_article",
    "write_html",
]

_WRITERS: dict[Format, Callable[[dict[str, Any]], bytes]] = {
    Format.NINJS: lambda article: orjson.dumps(make_ninjs(article)),
    Format.JSONLD: write_news_article,
    Format.TEXT: lambda article: write_text(article).encode(),
    Format.MARKDOWN: lambda article: write_markdown(article).encode(),
}


def render_article(document: str, wanted: Format) -> bytes:
    """Write a stored article in a format other than its own JSON."""
    return _WRITERS[wanted](orjson.loads(document))
