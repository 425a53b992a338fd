"""Keyset paging: opaque cursors over (sort value, id), at any depth and stable while articles come in."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.errors import InvalidCursor

DEFAULT_LIMIT = 25
MAX_LIMIT = 200
# A sort value, an id and a digest take some 60 characters; anything far longer is not ours.
MAX_CURSOR_LENGTH = 500


def fingerprint_query(parameters: Mapping[str, Any]) -> str:
    """Digest what a list was asked for, so that a cursor of another list is told from one of this list."""
    return hashlib.sha256(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:12]


def encode_cursor(query_fingerprint: str, position: Sequence[Any]) -> str:
    """Write the position after the last item of a page."""
    return base64.urlsafe_b64encode(orjson.dumps([query_fingerprint, *position])).decode().rstrip("=")


def decode_cursor(query_fingerprint: str, cursor: str, *, kinds: Sequence[type]) -> list[Any]:
    """Read a position whose parts are of these kinds; raises InvalidCursor for any other string."""
    try:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise ValueError
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(kinds) + 1:
            raise ValueError
        written_for, *position = parts
        if not all(type(part) is kind for part, kind in zip(position, kinds, strict=True)):
            raise ValueError
    except (ValueError, binascii.Error) as error:
        raise InvalidCursor("The cursor is not one that this API gave.") from error
    if written_for != query_fingerprint:
        raise InvalidCursor("The cursor was given for a list with other filters or another order.")
    return position
