"""Text in the encodings of Unicode: decoding, encoding, splitting into characters, scripts."""

from __future__ import annotations

import codecs
import itertools
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.values import convert_to_tensor_or_ragged_tensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, unchanged
from tidefall.ops.strings.byte_arrays import text_tensor, to_array, to_splits
from tidefall.ops.strings.splitting import over_vector
from tidefall.tensor.conversion import convert_to_tensor

# ---- text to code points ----

_MARK = 0xDC00  # with the number of bad bytes added; such code points never come from good text
_MARKER = "tidefall.mark"
_WRITTEN = {"UTF-8": "utf-8", "UTF-16-BE": "utf-16-be", "UTF-32-BE": "utf-32-be"}
_READ = {**_WRITTEN, "UTF-16-LE": "utf-16-le", "UTF-32-LE": "utf-32-le"}


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return chr(_MARK + error.end - error.start), error.end


codecs.register_error(_MARKER, _mark)


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(_READ.get(encoding.upper(), encoding)).name
    except LookupError:
        raise invalid(f"Could not create converter for input encoding: {encoding}") from None


_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def _order_of(item: bytes, codec: str) -> str:
    """The codec of a string: without a byte-order mark the most significant byte comes first."""
    marks = _MARKS.get(codec)
    return codec if marks is None or item.startswith(marks) else f"{codec}-be"


class _Decoded:
    """The characters of many strings, one behind the other.

    Attributes:
        points: their code points, int32 `[n]`.
        bad: which of them stand for bytes that mean nothing, bool `[n]`.
        counts: the number of characters of each string.
    """

    def __init__(self, items: list[bytes], encoding: str):
        self.codec = _codec(encoding)
        texts = [item.decode(_order_of(item, self.codec), _MARKER) for item in items]
        self.counts = np.fromiter(map(len, texts), np.int64, len(texts))
        encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
        self.points = np.frombuffer(encoded, "<i4").astype(np.int32)
        self.bad = (self.points >= _MARK) & (self.points <= 0xDFFF)

    def widths(self) -> np.ndarray:
        """The number of bytes of each character."""
        points = self.points.astype(np.int64)
        if self.codec == "utf-8":
            width = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        elif self.codec.startswith("utf-16"):
            width = 2 + 2 * (points >= 0x10000)
        elif self.codec.startswith("utf-32"):
            width = np.full(len(points), 4)
        else:
            one = {p: len(chr(p).encode(self.codec, "replace")) for p in set(points.tolist())}
            width = np.array([one[p] for p in points.tolist()], np.int64)
        return np.where(self.bad, points - _MARK, width)

    def offsets(self) -> np.ndarray:
        """The byte that each character begins with, counted from the start of its string."""
        before = to_splits(self.widths())[:-1]
        starts = to_splits(self.counts)[:-1]
        first = np.append(before, 0)[np.minimum(starts, len(before))]
        return before - np.repeat(first, self.counts)

    def resolve(self, errors: str, replacement: int, replace_control: bool) -> np.ndarray:
        """Decide about bad characters; returns which characters stay.

        Raises:
            InvalidArgumentError: for the first bad one if `errors` is "strict".
        """
        kept = np.ones(len(self.points), bool)
        if not 0 <= replacement <= 0x10FFFF:
            raise invalid("replacement_char out of unicode codepoint range")
        wrong = self.bad
        if wrong.any() and errors == "strict":
            raise invalid("Invalid formatting on input string")
        if replace_control:
            wrong = wrong | (self.points < 0x20)
        if errors == "ignore":
            kept = ~wrong
        self.points = np.where(wrong, np.int32(replacement), self.points)
        return kept

    def drop(self, kept: np.ndarray) -> None:
        """Leave only the characters that are to stay."""
        if not kept.all():
            before = to_splits(kept)
            splits = to_splits(self.counts)
            self.counts = before[splits[1:]] - before[splits[:-1]]
            self.points = self.points[kept]


def _decode(
    input: np.ndarray,
    *,
    input_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
    Tsplits: DType,
) -> tuple[np.ndarray, np.ndarray]:
    decoded = _Decoded(input.reshape(-1).tolist(), input_encoding)
    decoded.drop(decoded.resolve(errors, replacement_char, replace_control_characters))
    return to_splits(decoded.counts, Tsplits.as_numpy_dtype), decoded.points


def _decode_with_offsets(
    input: np.ndarray,
    *,
    input_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
    Tsplits: DType,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    decoded = _Decoded(input.reshape(-1).tolist(), input_encoding)
    offsets = decoded.offsets()
    kept = decoded.resolve(errors, replacement_char, replace_control_characters)
    decoded.drop(kept)
    return to_splits(decoded.counts, Tsplits.as_numpy_dtype), decoded.points, offsets[kept]


def _decode_shape(c: Inference) -> list[TensorShape]:
    count = c.shape(0).num_elements() if c.shape(0).is_fully_defined() else None
    splits = TensorShape([None if count is None else count + 1])
    return [splits] + [TensorShape([None])] * (c.definition.n_outputs - 1)


decode_op = op(
    "UnicodeDecode", shape=_decode_shape, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
decode_with_offsets_op = op(
    "UnicodeDecodeWithOffsets",
    shape=_decode_shape,
    host=_decode_with_offsets,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _decoded(
    input: Any,
    input_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
    with_offsets: bool,
) -> Any:
    operation = decode_with_offsets_op if with_offsets else decode_op

    def rows(vector: Any) -> Any:
        splits, *values = operation(
            vector,
            input_encoding=input_encoding,
            errors=errors,
            replacement_char=replacement_char,
            replace_control_characters=replace_control_characters,
        )
        made = [RaggedTensor.from_row_splits(v, splits, validate=False) for v in values]
        return tuple(made) if with_offsets else made[0]

    return over_vector(rows, convert_to_tensor_or_ragged_tensor(input))


@export("strings.unicode_decode")
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of each string.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        input_encoding: "UTF-8", "UTF-16-BE", "UTF-32-BE", or another that Python knows.
        errors: what to do about bytes that mean nothing: "replace" them, "ignore" them, or raise
            an error ("strict").
        replacement_char: the code point to replace them with.
        replace_control_characters: treat the control characters U+0000 to U+001F so, too.
        name: name of the nodes in a graph.

    Returns:
        An int32 ragged tensor with one dimension more than the input; a vector for a scalar.

    Raises:
        InvalidArgumentError: for an unknown encoding, or bytes that mean nothing if `errors` is
            "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_decode(["höhe", "a"], "UTF-8")
    <tf.RaggedTensor [[104, 246, 104, 101], [97]]>
    """
    with name_scope(name or "UnicodeDecode"):
        return _decoded(
            input, input_encoding, errors, replacement_char, replace_control_characters, False
        )


@export("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of each string, and where in it they begin.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        input_encoding: as for `tf.strings.unicode_decode`, and so are the others.
        errors: "replace", "ignore" or "strict".
        replacement_char: the code point that replaces bytes that mean nothing.
        replace_control_characters: treat control characters so, too.
        name: name of the nodes in a graph.

    Returns:
        The code points, int32, and the offsets in bytes, int64: two tensors as
        `tf.strings.unicode_decode` returns one.

    Raises:
        InvalidArgumentError: for an unknown encoding, or bytes that mean nothing if `errors` is
            "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_decode_with_offsets(["höhe"], "UTF-8")[1]
    <tf.RaggedTensor [[0, 1, 3, 4]]>
    """
    with name_scope(name or "UnicodeDecodeWithOffsets"):
        return _decoded(
            input, input_encoding, errors, replacement_char, replace_control_characters, True
        )


# ---- characters ----


def _as_characters(points: Any, encoding: str, errors: str, replacement_char: int) -> Any:
    """Each code point as a string of its own."""
    flat = points.flat_values if isinstance(points, RaggedTensor) else points
    one_each = raw.Range(0, raw.Size(flat) + 1, 1)
    made = encode_op(
        flat,
        one_each,
        output_encoding=encoding,
        errors=errors,
        replacement_char=replacement_char,
    )
    return points.with_flat_values(made) if isinstance(points, RaggedTensor) else made


@export("strings.unicode_split")
def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Any:
    """The characters of each string.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        input_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE", also that of the result.
        errors: "replace", "ignore" or "strict".
        replacement_char: the code point that replaces bytes that mean nothing.
        name: name of the nodes in a graph.

    Returns:
        A string ragged tensor with one dimension more than the input; a vector for a scalar.

    Raises:
        InvalidArgumentError: for an unknown encoding, or bytes that mean nothing if `errors` is
            "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_split(["hö", "a"], "UTF-8")
    <tf.RaggedTensor [[b'h', b'\\xc3\\xb6'], [b'a']]>
    """
    with name_scope(name or "UnicodeSplit"):
        points = _decoded(input, input_encoding, errors, replacement_char, False, False)
        return _as_characters(points, input_encoding, errors, replacement_char)


@export("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Any:
    """The characters of each string, and where in it they begin.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        input_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE", also that of the result.
        errors: "replace", "ignore" or "strict".
        replacement_char: the code point that replaces bytes that mean nothing.
        name: name of the nodes in a graph.

    Returns:
        The characters, and their offsets in bytes, int64: two tensors as `tf.strings.unicode_split`
        returns one.

    Raises:
        InvalidArgumentError: for an unknown encoding, or bytes that mean nothing if `errors` is
            "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_split_with_offsets("höh", "UTF-8")[1].numpy()
    array([0, 1, 3])
    """
    with name_scope(name or "UnicodeSplitWithOffsets"):
        points, offsets = _decoded(input, input_encoding, errors, replacement_char, False, True)
        return _as_characters(points, input_encoding, errors, replacement_char), offsets


# ---- code points to text ----


def _encode(
    input_values: np.ndarray,
    input_splits: np.ndarray,
    *,
    errors: str,
    output_encoding: str,
    replacement_char: int,
) -> np.ndarray:
    _check_splits(input_splits, input_values)
    if not 0 <= replacement_char <= 0x10FFFF:
        raise invalid("replacement_char out of unicode codepoint range")
    points, splits = input_values, input_splits
    wrong = (points < 0) | (points > 0x10FFFF) | ((points >= 0xD800) & (points <= 0xDFFF))
    if wrong.any():
        if errors == "strict":
            raise invalid("Code point is out of range for Unicode, or is a surrogate.")
        if errors == "ignore":
            splits = to_splits(~wrong)[splits]
            points = points[~wrong]
        else:
            good = 0xFFFD if 0xD800 <= replacement_char <= 0xDFFF else replacement_char
            points = np.where(wrong, np.int32(good), points)
    text = points.astype("<i4").tobytes().decode("utf-32-le")
    edges, codec = splits.tolist(), _WRITTEN[output_encoding]
    return to_array([text[a:b].encode(codec) for a, b in itertools.pairwise(edges)])


def _check_splits(splits: np.ndarray, values: np.ndarray) -> None:
    if not splits.size:
        raise invalid(
            "Input_splits should contain elements, but given input_values has "
            f"{splits.size} elements"
        )
    if splits[0] != 0:
        raise invalid("First value in input_splits must be zero.")
    if splits[-1] != values.size:
        raise invalid("Last value in input_splits must be equal to length of input_tensor.")
    if (np.diff(splits) < 0).any():
        raise invalid("Values in input_splits must be equal or in ascending order.")


def _encode_shape(c: Inference) -> TensorShape:
    c.shape(0).assert_has_rank(1)
    splits = c.shape(1)
    known = splits.rank == 1 and splits[0] is not None
    return TensorShape([splits[0] - 1 if known else None])


encode_op = op(
    "UnicodeEncode", shape=_encode_shape, host=_encode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.unicode_encode")
def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Any:
    """The strings that sequences of code points spell.

    Args:
        input: an int32 tensor of rank 1 or more, dense or ragged; the last dimension is that of
            the code points.
        output_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
        errors: what to do about numbers that are no code points: "replace" them, "ignore" them, or
            raise an error ("strict").
        replacement_char: the code point to replace them with.
        name: name of the nodes in a graph.

    Returns:
        A string tensor with one dimension less than the input.

    Raises:
        ValueError: for a scalar.
        InvalidArgumentError: for an unknown encoding, or a number that is no code point if `errors`
            is "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_encode([[72, 105], [79, 107]], "UTF-8").numpy()
    array([b'Hi', b'Ok'], dtype=object)
    """
    options = {
        "output_encoding": output_encoding,
        "errors": errors,
        "replacement_char": replacement_char,
    }
    with name_scope(name or "UnicodeEncode"):
        if not isinstance(input, RaggedTensor):
            input = convert_to_tensor(input)
        return _encoded(input, options)


def _encoded(input: Any, options: dict[str, Any]) -> Any:
    rank = input.shape.rank
    if rank is None:
        raise ValueError("Rank of input_tensor must be statically known.")
    if isinstance(input, RaggedTensor):
        if input.flat_values.shape.rank > 1:
            return input.with_flat_values(_encoded(input.flat_values, options))
        if input.ragged_rank > 1:
            return input.with_values(_encoded(input.values, options))
        return encode_op(input.values, input.row_splits, **options)
    if rank == 0:
        raise ValueError("input_tensor's rank must be at least 1.")
    if rank == 1:
        ragged = RaggedTensor.from_tensor(raw.ExpandDims(input, 0))
        return raw.Reshape(_encoded(ragged, options), np.zeros(0, np.int32))
    if rank == 2:
        return _encoded(RaggedTensor.from_tensor(input), options)
    shape = raw.Shape(input)
    flat = raw.Reshape(input, raw.ConcatV2([[-1], shape[-1:]], 0))
    made = _encoded(RaggedTensor.from_tensor(flat), options)
    return raw.Reshape(made, shape[:-1])


def _transcode(
    input: np.ndarray,
    *,
    input_encoding: str,
    output_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
) -> np.ndarray:
    decoded = _Decoded(input.reshape(-1).tolist(), input_encoding)
    decoded.drop(decoded.resolve(errors, replacement_char, replace_control_characters))
    made = _encode(
        decoded.points,
        to_splits(decoded.counts),
        errors="replace",
        output_encoding=output_encoding,
        replacement_char=0xFFFD,
    )
    return made.reshape(input.shape)


transcode_op = op(
    "UnicodeTranscode", shape=unchanged, host=_transcode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.unicode_transcode", dispatch=UNARY)
def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Strings in another encoding.

    Args:
        input: a string tensor of any shape, dense or ragged.
        input_encoding: "UTF-8", "UTF-16-BE", "UTF-32-BE", or another that Python knows.
        output_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
        errors: what to do about bytes that mean nothing: "replace" them, "ignore" them, or raise
            an error ("strict").
        replacement_char: the code point to replace them with.
        replace_control_characters: treat the control characters U+0000 to U+001F so, too.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: for an unknown encoding, or bytes that mean nothing if `errors` is
            "strict".

    >>> import tidefall as tf
    >>> tf.strings.unicode_transcode(["Hi"], "UTF-8", "UTF-16-BE").numpy()
    array([b'\\x00H\\x00i'], dtype=object)
    """
    return transcode_op(
        text_tensor(input),
        input_encoding=input_encoding,
        output_encoding=output_encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=replace_control_characters,
        name=name,
    )
