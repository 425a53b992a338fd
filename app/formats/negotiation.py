"""Which format a request wants: `format=` says it, else the Accept header (RFC 9110 §12.5.1)."""

from collections.abc import Mapping
from enum import StrEnum

from app.errors import FieldError, InvalidParameter, NotAcceptable


class Format(StrEnum):
    """A form of an article."""

    JSON = "json"
    NINJS = "ninjs"
    JSONLD = "jsonld"
    TEXT = "text"
    MARKDOWN = "markdown"


# ninjs has no media type of its own, so only `format=` can ask for it.
MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.NINJS: "application/json",
    Format.JSONLD: "application/ld+json",
    Format.TEXT: "text/plain; charset=utf-8",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
}
# What Accept chooses from, the preferred first.
_BY_ACCEPT = {
    "application/json": Format.JSON,
    "application/ld+json": Format.JSONLD,
    "text/plain": Format.TEXT,
    "text/markdown": Format.MARKDOWN,
}
_JSON_ONLY = {"application/json": Format.JSON}
LIST_FORMATS = (Format.JSON, Format.NINJS, Format.JSONLD)
# What most clients send, decided without reading it further.
_PLAIN = {None, "", "*/*", "application/json"}


def choose_format(accept: str | None, asked: Format | None) -> Format:
    """Choose the format of one article; raises NotAcceptable if Accept allows none of them."""
    if asked is not None:
        return asked
    return Format.JSON if accept in _PLAIN else _negotiate(accept or "", _BY_ACCEPT)


def choose_list_format(accept: str | None, asked: Format | None) -> Format:
    """Choose the format of the articles in a list, which itself is always JSON."""
    if asked not in (None, *LIST_FORMATS):
        names = ", ".join(LIST_FORMATS)
        raise InvalidParameter(
            f"A list is given in one of these formats: {names}.",
            errors=[FieldError(field="format", message="is a format of single articles")],
        )
    if asked is None and accept not in _PLAIN:
        _negotiate(accept or "", _JSON_ONLY)
    return asked or Format.JSON


def _negotiate(accept: str, offered: Mapping[str, Format]) -> Format:
    """Return the offered format that the header values most; among equals, the one that we prefer."""
    ranges = _read_ranges(accept)
    weighed = {media_type: _weigh(media_type, ranges) for media_type in offered}
    best = max(weighed, key=weighed.__getitem__)
    if weighed[best] <= 0:
        raise NotAcceptable(
            "The Accept header allows none of the formats that are offered here.",
            extension={"offered": list(offered)},
        )
    return offered[best]


def _read_ranges(accept: str) -> dict[str, float]:
    """Read the media ranges with their weights; a weight that cannot be read counts as 1."""
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = _read_weight(value)
        ranges[name] = max(weight, ranges.get(name, 0.0))
    return ranges


def _read_weight(value: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        return 1.0
    return min(max(weight, 0.0), 1.0) if weight == weight else 1.0


def _weigh(media_type: str, ranges: Mapping[str, float]) -> float:
    """Weigh a media type by the most specific range that it falls into."""
    group = media_type.partition("/")[0]
    for name in (media_type, f"{group}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
