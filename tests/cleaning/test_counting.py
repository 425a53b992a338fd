"""Words are counted and fingerprinted alike in plain ASCII, which has a way of its own, and in all else."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.cleaning import count_words, fingerprint_text

ASCII = st.text(st.characters(max_codepoint=127))
# The same characters in their full width, which fingerprints take for the plain ones.
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@given(ASCII)
def test_ascii_words_are_counted_as_others(text):
    assert count_words(text) == count_words(text + " é") - 1


@given(ASCII)
def test_ascii_has_the_fingerprint_of_its_full_width(text):
    assert fingerprint_text(text) == fingerprint_text(text.translate(WIDE) + "\u3000")


@given(st.text())
def test_fingerprint_is_of_the_words_alone(text):
    spaced = re.sub(r"[\W_]", "  ", unicodedata.normalize("NFKC", text).casefold())
    assert fingerprint_text(text) == fingerprint_text(spaced)
