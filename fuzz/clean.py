"""Fuzz cleaning: whatever the text, it ends, and the invariants of the ledger hold."""

import sys

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.cleaning import Hints, Role, clean
    from app.cleaning.lines import split_text


def check(data: bytes) -> None:
    """Clean a text and check what must hold of any."""
    provider = atheris.FuzzedDataProvider(data)
    is_html = provider.ConsumeBool()
    text = provider.ConsumeUnicode(sys.maxsize)
    cleaned = clean(text, Hints(content_type="text/html" if is_html else "text/plain"))
    numbers = [line.number for line in cleaned.lines]
    assert numbers == list(range(1, len(numbers) + 1))
    if not is_html:
        assert len(numbers) == len(split_text(text))
    for line in cleaned.lines:
        assert line.role is not Role.UNDECIDED
        assert (line.reason is not None) == (line.role is Role.REMOVED)
    for found in (cleaned.body, cleaned.headline or "", cleaned.byline or ""):
        found.encode()  # no lone surrogate is left
        assert "\x00" not in found
        assert "\u202e" not in found


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
