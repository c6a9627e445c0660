"""Tensors as text: `tf.print`, `tf.strings.format` and their ops."""

from __future__ import annotations

import logging
import pprint
import sys
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.op import raw
from tidefall.op.effects import PRINTS, PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.common import invalid, no_outputs, scalar
from tidefall.ops.ragged.text import ragged_text
from tidefall.ops.strings.tensor_text import tensor_text
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

# ---- formatting ----


def _format(inputs: list[Any], *, template: str, placeholder: str, summarize: int) -> np.ndarray:
    pieces = template.split(placeholder) if placeholder else [template]
    if len(pieces) != len(inputs) + 1:
        raise invalid(
            f"num placeholders in template and num inputs must match: {len(pieces) - 1} vs. "
            f"{len(inputs)}"
        )
    text = pieces[0].encode()
    for array, piece in zip(inputs, pieces[1:], strict=True):
        text += tensor_text(array, summarize) + piece.encode()
    return np.array(text, dtype=object)


string_format_op = op(
    "StringFormat", shape=scalar, host=_format, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.format")
def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Any:
    """Text with the values of tensors in it.

    Args:
        template: the text, with a placeholder for each tensor.
        inputs: a list or tuple of tensors of any shape and dtype, some of them perhaps ragged, or
            one tensor.
        placeholder: what stands for a tensor in the template.
        summarize: how many elements to show at each end of a dimension; -1 shows all.
        name: name of the node in a graph.

    Returns:
        A string tensor of shape ().

    Raises:
        ValueError: if there are not as many placeholders as tensors.

    >>> import tidefall as tf
    >>> tf.strings.format("x is {}", tf.range(10)).numpy()
    b'x is [0 1 2 ... 7 8 9]'
    """
    tensors = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if template.count(placeholder) != len(tensors):
        raise ValueError(
            f"The template expects {template.count(placeholder)} tensors, but the inputs only has "
            f"{len(tensors)}. Please ensure the number of placeholders in template matches inputs "
            "length."
        )
    return _formatted(template, placeholder, tensors, summarize, name)


def _formatted(
    template: str, placeholder: str, tensors: list[Any], summarize: int, name: str | None
) -> Any:
    """One string of a template with as many placeholders as there are tensors, some ragged."""
    if not any(isinstance(t, RaggedTensor) for t in tensors):
        return string_format_op(
            tensors, template=template, placeholder=placeholder, summarize=summarize, name=name
        )
    pieces = template.split(placeholder)
    texts: list[Any] = [convert_to_tensor(pieces[0])]
    for tensor, piece in zip(tensors, pieces[1:], strict=True):
        if isinstance(tensor, RaggedTensor):
            text = ragged_text(tensor, summarize)
        else:
            text = string_format_op([tensor], template="{}", placeholder="{}", summarize=summarize)
        texts += [text, convert_to_tensor(piece)]
    return raw.StringJoin(texts, name=name)


# ---- printing ----

_STREAMS = {
    "stderr": lambda text: _write(sys.stderr, text),
    "stdout": lambda text: _write(sys.stdout, text),
    "log(info)": lambda text: logging.getLogger("tensorflow").info(text),
    "log(warning)": lambda text: logging.getLogger("tensorflow").warning(text),
    "log(error)": lambda text: logging.getLogger("tensorflow").error(text),
}
_FILE = "file://"
_LOGGING = "tidefall.base.logs"


def _write(stream: Any, text: str) -> None:
    stream.write(text)
    stream.flush()


def _print(input: np.ndarray, *, output_stream: str, end: str) -> None:
    if input.ndim:
        raise invalid(f"input must be a scalar, but had shape {list(input.shape)}")
    text = input.item().decode("utf-8", "backslashreplace") + end
    if output_stream.startswith(_FILE):
        with open(output_stream[len(_FILE) :], "a", encoding="utf-8") as file:
            file.write(text)
    else:
        _STREAMS[output_stream](text)


print_op = op(
    "PrintV2",
    shape=no_outputs,
    host=_print,
    effects=PRINTS,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


def _stream_name(stream: Any) -> str:
    if stream is sys.stdout:
        return "stdout"
    if stream is sys.stderr:
        return "stderr"
    if isinstance(stream, int) and stream in (logging.INFO, logging.WARNING, logging.ERROR):
        return f"log({logging.getLevelName(stream).lower()})"
    kind = f"log({getattr(stream, '__name__', '')})"
    if getattr(stream, "__module__", "") == _LOGGING and kind in _STREAMS:
        return kind
    if isinstance(stream, str) and (stream in _STREAMS or stream.startswith(_FILE)):
        return stream
    raise ValueError(
        f"Unsupported output stream, logging level, or file. Received: {stream!r}. Supported "
        "streams are sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, "
        "tf.logging.error. File needs to be in the form of 'file://<filepath>'."
    )


_MARK = "\0tensor\0"


class _Mark:
    """Stands for a tensor in the text of a structure."""

    def __repr__(self) -> str:
        return _MARK


def _is_tensor(item: Any) -> bool:
    return isinstance(item, (Tensor, RaggedTensor)) or getattr(item, "_is_variable", False)


def _template(item: Any, tensors: list[Any]) -> str:
    """The text of one input, with a mark for each of its tensors."""
    if isinstance(item, str):
        return item
    if hasattr(item, "indices") and hasattr(item, "dense_shape"):
        tensors += [item.indices, item.values, item.dense_shape]
        kind = type(item).__name__
        return f"'{kind}(indices={_MARK}, values={_MARK}, shape={_MARK})'"
    if _is_tensor(item):
        tensors.append(item)
        return _MARK

    def leaf(value: Any) -> Any:
        if not _is_tensor(value):
            return value
        tensors.append(value)
        return _Mark()

    if isinstance(item, range):
        item = list(item)
    return pprint.pformat(nest.map_structure(leaf, item) if nest.is_nested(item) else item)


@export("print")
def print_(*inputs: Any, **kwargs: Any) -> Any:
    """Print values, of tensors in particular, when the program runs.

    Args:
        *inputs: tensors, Python values, and nested structures of them. Text is printed as it is,
            other Python values as `pprint` shows them when this is called.
        **kwargs: `output_stream` (sys.stderr by default, sys.stdout, a level of `logging`, or
            "file://" and a path to append to), `summarize` (elements to show at each end of a
            dimension: 3 by default, -1 for all), `sep` (" "), `end` (a line end), `name`.

    Returns:
        The node in a graph, None otherwise.

    Raises:
        ValueError: for another stream or keyword.

    >>> import sys
    >>> import tidefall as tf
    >>> tf.print("x is", tf.range(10), output_stream=sys.stdout)
    x is [0 1 2 ... 7 8 9]
    """
    output_stream = _stream_name(kwargs.pop("output_stream", sys.stderr))
    summarize = kwargs.pop("summarize", 3)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", None)
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    text = _printed(inputs, sep, summarize)
    return print_op(text, output_stream=output_stream, end="\n" if end is None else end, name=name)


def _printed(inputs: Any, sep: str, summarize: int) -> Any:
    if len(inputs) == 1 and _is_tensor(inputs[0]) and not isinstance(inputs[0], RaggedTensor):
        tensor = convert_to_tensor(inputs[0])
        if tensor.dtype.name == "string" and tensor.shape.rank == 0:
            return tensor
    tensors: list[Any] = []
    template = sep.join([_template(item, tensors) for item in inputs])
    number, placeholder = 0, "{}"
    while placeholder in template:
        number += 1
        placeholder = f"{{{number}}}"
    template = template.replace(_MARK, placeholder)
    return _formatted(template, placeholder, tensors, summarize, None)
