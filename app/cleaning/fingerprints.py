"""The fingerprint by which an exact copy of an article is known."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace

from app.cleaning.draft import Draft
from app.cleaning.measures import drop_typography

_NOT_WORD = re.compile(r"[\W_]+")
_ASCII_NOT_WORD = {code: " " for code in range(128) if not chr(code).isalnum()}


def fingerprint_text(body: str) -> str:
    """Hash the words of a body: case, spaces, punctuation and compatibility forms do not count.

    >>> fingerprint_text("Rain, again.") == fingerprint_text("rain  again")
    True
    """
    plain = body if body.isascii() else drop_typography(body)
    if plain.isascii():  # the same words in a fifth of the time
        words = " ".join(plain.lower().translate(_ASCII_NOT_WORD).split())
    else:
        words = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", body).casefold()).strip()
    return hashlib.sha256(words.encode()).hexdigest()


def fingerprint_body(draft: Draft) -> Draft:
    """Add the fingerprint of the body; an article without a body has none."""
    return replace(draft, fingerprint=fingerprint_text(draft.body)) if draft.body else draft
