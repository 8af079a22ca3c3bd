"""The lines of evidence are the same bytes with orjson and without."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rivta.evidence.disk import compact, slowly

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
@example(6.103515625e-05)
def test_both_encoders_give_the_same_bytes(value: object) -> None:
    pytest.importorskip("orjson")
    assert compact([value]) == slowly([value])


def test_what_orjson_cannot_write_is_written_all_the_same() -> None:
    nested: list[object] = []
    for _ in range(300):
        nested = [nested]
    for value in ({"name": "\udc80"}, {"\ud800": 1}, 2**200, nested):
        assert compact([value]) == slowly([value])
        assert json.loads(compact(value)) == value


def test_keys_keep_their_order_and_letters_are_not_escaped() -> None:
    assert compact({"b": "å\u2028\x7f\x1f\n", "a": [1.0, 0.25, 1e15]}) == (
        '{"b":"å\u2028\x7f\\u001f\\n","a":[1.0,0.25,1000000000000000.0]}'.encode()
    )
