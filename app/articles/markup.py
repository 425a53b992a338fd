"""Structured articles whose body came as HTML."""

from typing import Any

from app.cleaning import normalise_text, show_markup
from app.errors import FieldError, InvalidPayload


def read_body_text(given: Any) -> Any:
    """Return a body as text, also where it came as HTML; raises InvalidPayload for HTML that shows none.

    What is no string is left for the shape to refuse.
    """
    if not isinstance(given, str) or (shown := show_markup(given)) == given:
        return given
    text = normalise_text(shown)
    if not text:
        refused = FieldError(field="body", message="shows no text")
        raise InvalidPayload("The body has invalid fields.", errors=[refused])
    return text
