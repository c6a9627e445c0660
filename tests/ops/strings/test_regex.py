"""Sets of characters are replaced without a regular expression, and alike."""

from hypothesis import given
from hypothesis import strategies as st

from tidefall.ops.strings import regex

SETS = [
    rb"[abc]", rb"[a-f]", rb"[\w]", rb"[\s\d]", rb"[a-]", rb"[!-~]", rb"[\w\-\.]", rb"[\]\[^]",
    rb"""[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']""",
]  # fmt: skip
OTHERS = [
    rb"[^a]", rb"[\W]", rb"[[:alpha:]]", rb"[a]b]", rb"[]a]", rb"[\pL]", rb"[\x41]", rb"[a][b]",
    "[é]".encode(), rb"[a]+", rb"a",
]  # fmt: skip


@given(
    st.sampled_from(SETS),
    st.sampled_from([b"", b" ", b"-"]),
    st.one_of(st.binary(max_size=20), st.text(max_size=20).map(str.encode)),
)
def test_translation_gives_what_the_expression_gives(pattern, rewrite, text):
    translated = regex._translation(pattern, rewrite)
    assert translated is not None
    expression = regex._compiled(pattern)
    assert translated(text) == regex._all_matches(expression, (rewrite,), rewrite)(text)


def test_other_patterns_are_left_to_the_library():
    assert [p for p in OTHERS if regex._translation(p, b"") is not None] == []
    assert regex._translation(rb"[a]", b"two") is None
    assert regex._translation(rb"[a]", b"\\") is None
