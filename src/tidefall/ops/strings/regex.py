"""Regular expressions, as the library RE2 understands them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text, unchanged
from tidefall.ops.strings.byte_arrays import each, text_tensor

Span = tuple[int, int]


def _to_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


@lru_cache(maxsize=256)
def _compiled(pattern: bytes) -> Any:
    try:
        import re2
    except ImportError:
        raise UnimplementedError(
            None, None, "Regular expressions need the package google-re2: pip install google-re2"
        ) from None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        why = why.decode(errors="replace") if isinstance(why, bytes) else why
        shown = pattern.decode(errors="replace")
        raise invalid(f"Invalid pattern: {shown}, error: {why}") from None


# ---- matching ----


def _matches(input: np.ndarray, pattern: bytes) -> np.ndarray:
    match = _compiled(pattern).fullmatch
    found = [match(text) is not None for text in input.reshape(-1).tolist()]
    return np.array(found, bool).reshape(input.shape)


def _full_match(input: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    return _matches(input, _scalar(pattern, "Pattern"))


def _static_full_match(input: np.ndarray, *, pattern: str) -> np.ndarray:
    return _matches(input, _to_bytes(pattern))


def _scalar(value: np.ndarray, what: str) -> bytes:
    if value.ndim:
        raise invalid(f"{what} must be scalar, but received {shape_text(value.shape)}")
    return value.item()


full_match_op = op(
    "RegexFullMatch", shape=unchanged, host=_full_match, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
static_full_match_op = op(
    "StaticRegexFullMatch",
    shape=unchanged,
    host=_static_full_match,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.regex_full_match", dispatch=UNARY)
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Whether each string, from its first to its last byte, matches a regular expression.

    Args:
        input: a string tensor of any shape, dense or ragged.
        pattern: the expression, in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax).
            A string, or a string tensor of shape ().
        name: name of the node in a graph.

    Returns:
        A bool tensor of the same shape.

    Raises:
        InvalidArgumentError: if the pattern is not a regular expression, or not a scalar.

    >>> import tidefall as tf
    >>> tf.strings.regex_full_match(["TF lib", "lib TF"], ".*lib$").numpy()
    array([ True, False])
    """
    if isinstance(pattern, (str, bytes)):
        return static_full_match_op(text_tensor(input), pattern=pattern, name=name)
    return full_match_op(text_tensor(input), pattern, name=name)


# ---- replacing ----

_REFERENCE = re.compile(rb"\\(.?)", re.DOTALL)


@lru_cache(maxsize=256)
def _pieces(rewrite: bytes) -> tuple[bytes | int, ...]:
    """The text and the numbers of groups that a rewrite consists of, up to its first mistake."""
    pieces: list[bytes | int] = []
    start = 0
    for match in _REFERENCE.finditer(rewrite):
        pieces.append(rewrite[start : match.start()])
        start = match.end()
        escaped = match[1]
        if escaped == b"\\":
            pieces.append(b"\\")
        elif escaped.isdigit():
            pieces.append(int(escaped))
        else:
            return (*pieces, -1)
    return (*pieces, rewrite[start:])


def _expand(match: Any, pieces: tuple[bytes | int, ...]) -> bytes:
    """The text that takes the place of a match."""
    return b"".join([(match[p] or b"") if isinstance(p, int) else p for p in pieces])


# Brackets around characters other than brackets, escaped punctuation, and \d, \s, \w.
_ESCAPED = rb"\\[dswtnrfv\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]"
_ASCII_CLASS = re.compile(rb"\[(?!\^|:)([\x20-\x5a\x5e-\x7e]|" + _ESCAPED + rb")+\]")


@lru_cache(maxsize=256)
def _ascii_class(pattern: bytes) -> bytes | None:
    """The characters of a pattern that is a plain set of ASCII characters, else None."""
    if not _ASCII_CLASS.fullmatch(pattern):
        return None
    match = _compiled(pattern).fullmatch
    return bytes(c for c in range(128) if match(bytes([c])))


def removed_characters(attrs: Mapping[str, Any]) -> bytes | None:
    """The characters of ASCII that a StaticRegexReplace removes, if that is all it does."""
    if attrs["rewrite"] or not attrs["replace_global"]:
        return None
    return _ascii_class(_to_bytes(attrs["pattern"]))


def _translation(pattern: bytes, rewrite: bytes) -> Callable[[bytes], bytes] | None:
    """Replaces a set of characters by one character or none, which Python does by itself."""
    if len(rewrite) > 1 or rewrite == b"\\":
        return None
    characters = _ascii_class(pattern)
    if characters is None:
        return None
    if not rewrite:
        return lambda text: text.translate(None, characters)
    table = bytes.maketrans(characters, rewrite * len(characters))
    return lambda text: text.translate(table)


def _replacer(pattern: bytes, rewrite: bytes, everywhere: bool) -> Callable[[bytes], bytes]:
    translation = _translation(pattern, rewrite) if everywhere else None
    if translation is not None:
        return translation
    expression = _compiled(pattern)
    pieces = _pieces(rewrite)
    groups = [piece for piece in pieces if isinstance(piece, int)]
    if max(groups, default=0) > expression.groups:
        return bytes  # refers to a group that is not there: nothing is replaced
    mistaken = -1 in groups
    if mistaken and not everywhere:
        return bytes
    pieces = tuple(p for p in pieces if p != -1 and p != b"")
    literal = pieces[0] if len(pieces) == 1 else b"" if not pieces else None
    literal = literal if isinstance(literal, bytes) else None

    def first(text: bytes) -> bytes:
        match = expression.search(text)
        if match is None:
            return text
        return text[: match.start()] + _expand(match, pieces) + text[match.end() :]

    return _all_matches(expression, pieces, literal) if everywhere else first


def _all_matches(
    expression: Any, pieces: tuple[bytes | int, ...], literal: bytes | None
) -> Callable[[bytes], bytes]:
    def replace(text: bytes) -> bytes:
        found: list[bytes] = []
        at, last_end = 0, -1
        while at <= len(text):
            match = expression.search(text, at)
            if match is None:
                break
            start, end = match.span()
            found.append(text[at:start])
            if start == end == last_end:  # an empty match behind another: one character goes by
                width = _width(text, at)
                found.append(text[at : at + width])
                at += width
                continue
            found.append(_expand(match, pieces) if literal is None else literal)
            at = last_end = end
        return b"".join(found) + text[at:] if found else text

    return replace


def _width(text: bytes, at: int) -> int:
    """The number of bytes of the character of UTF-8 at a place, 1 if there is none."""
    lead = text[at] if at < len(text) else 0
    width = 1 if lead < 0xC2 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        text[at : at + width].decode()
    except UnicodeDecodeError:
        return 1
    return width


def _replace(
    input: np.ndarray, pattern: np.ndarray, rewrite: np.ndarray, *, replace_global: bool
) -> np.ndarray:
    replacer = _replacer(_scalar(pattern, "Pattern"), _scalar(rewrite, "Rewrite"), replace_global)
    return each(replacer, input)


def _static_replace(
    input: np.ndarray, *, pattern: str, rewrite: str, replace_global: bool
) -> np.ndarray:
    return each(_replacer(_to_bytes(pattern), _to_bytes(rewrite), replace_global), input)


replace_op = op(
    "RegexReplace", shape=unchanged, host=_replace, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
static_replace_op = op(
    "StaticRegexReplace",
    shape=unchanged,
    host=_static_replace,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.regex_replace", dispatch=UNARY)
def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    """Strings in which what matches a regular expression is replaced.

    Args:
        input: a string tensor of any shape, dense or ragged.
        pattern: the expression, in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax).
            A string, or a string tensor of shape ().
        rewrite: what to replace a match with; `\\\\1` to `\\\\9` stand for the groups of the match,
            `\\\\0` for all of it. A string, or a string tensor of shape ().
        replace_global: replace all matches, not only the first.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: if the pattern is not a regular expression, or one of the two is not
            a scalar.

    >>> import tidefall as tf
    >>> tf.strings.regex_replace("with tags<br /><b>and html</b>", "<[^>]+>", " ").numpy()
    b'with tags  and html '
    """
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return static_replace_op(
            text_tensor(input),
            pattern=pattern,
            rewrite=rewrite,
            replace_global=replace_global,
            name=name,
        )
    return replace_op(
        text_tensor(input), pattern, rewrite, replace_global=replace_global, name=name
    )
