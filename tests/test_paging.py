"""Cursors: what was written is read back, and nothing else is."""

import base64

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import InvalidCursor
from app.paging import decode_cursor, encode_cursor, fingerprint_query

FOR = fingerprint_query({"language": "en"})
values = st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1)


@given(st.text(max_size=20), st.integers(0, 2**63 - 1))
def test_position_is_read_back(value, article_id):
    cursor = encode_cursor(FOR, [value, article_id])
    assert decode_cursor(FOR, cursor, kinds=(str, int)) == [value, article_id]
    with pytest.raises(InvalidCursor):
        decode_cursor(fingerprint_query({"language": "de"}), cursor, kinds=(str, int))


@given(
    st.text(max_size=600) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
@example("é")
@example("A" * 100_000)
@example(base64.urlsafe_b64encode(b"[" * 300).decode())
@example(base64.urlsafe_b64encode(b"\xff").decode())
def test_any_other_text_is_refused(text):
    with pytest.raises(InvalidCursor):
        decode_cursor(FOR, text, kinds=(str, int))


json_values = st.recursive(
    st.none() | st.booleans() | values | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_of_another_shape_is_refused(value):
    cursor = base64.urlsafe_b64encode(orjson.dumps(value)).decode()
    with pytest.raises(InvalidCursor):
        decode_cursor(FOR, cursor, kinds=(str, int))
