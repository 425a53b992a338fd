"""From values to HTML: the templates, and what they can call."""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.web.words import name_country, name_language

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if code != 9} | {127: "␡"}


def render_page(
    name: str, values: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Render a template as the answer to a browser."""
    text = _make_environment().get_template(name).render(values)
    return Response(
        text.encode("utf-8", "replace"),  # a raw text may hold lone surrogates, which UTF-8 cannot write
        status,
        {"Cache-Control": "no-cache", **(headers or {})},
        media_type="text/html",
    )


def find_server(request: Request) -> str:
    """Find the address under which this server is asked, for the commands that a page shows."""
    return request.app.state.settings.public_url or str(request.base_url).rstrip("/")


@cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.globals["static_url"] = name_static
    environment.filters |= {
        "country": name_country,
        "day": write_day,
        "language": name_language,
        "mark": mark_matches,
        "moment": write_moment,
        "number": write_number,
        "raw": show_controls,
        "word": lambda slug: slug.replace("-", " ").replace("_", " "),
    }
    return environment


@cache
def name_static(name: str) -> str:
    """Return the address of a static file; it changes with the file, so that no browser shows an old one."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def mark_matches(highlight: dict[str, Any]) -> Markup:
    """Write a highlight of the search API with its matches in <mark>, everything else escaped."""
    text, start = highlight["text"], highlight["start"]
    marked, at = Markup(), 0
    for begin, end in highlight["matches"]:
        marked += escape(text[at : begin - start])
        marked += Markup("<mark>{}</mark>").format(text[begin - start : end - start])
        at = end - start
    return marked + escape(text[at:])


def write_day(value: str) -> str:
    """Write a date, month or year, as exactly as it is known.

    >>> write_day("2024-05-17"), write_day("2024-05"), write_day("--05-17"), write_day("2024")
    ('17 May 2024', 'May 2024', '17 May', '2024')
    """
    if value.startswith("--"):
        day = datetime.fromisoformat("2000" + value[1:])
        return f"{day.day} {day:%B}"
    if len(value) == 4:
        return value
    day = datetime.fromisoformat((value + "-01")[:10])
    return f"{day:%B} {day.year}" if len(value) == 7 else f"{day.day} {day:%B} {day.year}"


def write_moment(value: str) -> str:
    """Write a date, or a moment to its minute.

    >>> write_moment("2024-05-17T09:30:00Z"), write_moment("2024-05-17")
    ('17 May 2024, 09:30 UTC', '17 May 2024')
    """
    return write_day(value[:10]) + (f", {value[11:16]} UTC" if len(value) > 10 else "")


def write_number(number: int) -> str:
    """Group the digits of a number by thousands."""
    return f"{number:,}"


def show_controls(text: str) -> str:
    """Make control characters of a raw text visible: they would vanish in HTML."""
    return text.translate(_CONTROLS)
