"""Sums of products in index notation: `tf.einsum`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import GAINS_BY_HALF, MULTILINEAR, TOTAL
from tidefall.ops.batching import Call
from tidefall.ops.linalg.einsum_kernels import einsum_host, einsum_xla
from tidefall.ops.linalg.einsum_labels import expand, sizes_of
from tidefall.ops.math.elementwise import conjugate
from tidefall.tensor.conversion import convert_to_tensor

# ---- the op ----


def _shape(c: Inference) -> TensorShape:
    shapes = c.shapes()
    if any(shape.rank is None for shape in shapes):
        return TensorShape(None)
    operands, output = expand(c.attr("equation"), tuple(shape.rank for shape in shapes))
    sizes = sizes_of(operands, [shape.as_list() for shape in shapes])
    return TensorShape([sizes[label] for label in output])


def _grad(op: Any, dy: Any) -> list[Any]:
    equation = op.attrs["equation"]
    terms, _, output = equation.partition("->")
    terms = terms.split(",")
    inputs = op.inputs
    if len(inputs) == 1:
        return [_input_gradient(inputs[0], terms[0], dy, output, [], [])]
    return [
        _input_gradient(
            inputs[i],
            terms[i],
            dy,
            output,
            [conjugate(x) for j, x in enumerate(inputs) if j != i],
            [t for j, t in enumerate(terms) if j != i],
        )
        for i in range(len(inputs))
    ]


def _input_gradient(
    x: Any, term: str, dy: Any, output: str, others: list[Any], other_terms: list[str]
) -> Any:
    """Gradient for one operand: contract the result's gradient with the other operands."""
    available = set(output).union(*other_terms)
    named = [label for label in dict.fromkeys(term.replace("...", "")) if label in available]
    # The ellipsis stands first in between; it may be longer in dy than in x.
    dots = "..." if "..." in term or "..." in output else ""
    middle = dots + "".join(named)
    equation = f"{','.join([output, *other_terms])}->{middle}"
    grad = einsum_op([dy, *others], equation=equation)
    if dots:
        grad = _fold_ellipsis(grad, x, term, len(named))
    if middle == term:
        return grad
    return _unfold(grad, x, term, named)


def _fold_ellipsis(grad: Any, x: Any, term: str, n_named: int) -> Any:
    """Sum over the leading dimensions that broadcasting added to the ellipsis of `x`."""
    before, dots, after = term.partition("...")
    if x.shape.is_fully_defined() and grad.shape.is_fully_defined():
        own = x.shape.as_list()[len(before) : x.shape.rank - len(after)] if dots else []
        longer = grad.shape.rank - n_named
        full, rest = grad.shape.as_list()[:longer], grad.shape.as_list()[longer:]
        if own == full:
            return grad
        extra = longer - len(own)
        axes = [i for i in range(longer) if i < extra or own[i - extra] != full[i]]
        summed = raw.Sum(grad, np.array(axes, np.int32))
        return raw.Reshape(summed, np.array(own + rest, np.int32))
    shape, shape_grad = raw.Shape(x), raw.Shape(grad)
    own = shape[len(before) : -len(after) if after else None] if dots else shape[:0]
    split = raw.Sub(raw.Rank(grad), np.int32(n_named))
    full, rest = shape_grad[:split], shape_grad[split:]
    axes, _ = raw.BroadcastGradientArgs(own, full)
    target = raw.ConcatV2([own, rest], np.int32(0))
    return raw.Reshape(raw.Sum(grad, axes), target)


def _unfold(grad: Any, x: Any, term: str, named: list[str]) -> Any:
    """From the distinct labels to those of `x`: repeat what was summed over, restore diagonals."""
    letters = term.replace("...", "")
    summed = [label for label in dict.fromkeys(letters) if label not in named]
    if summed:
        grad = _repeat(grad, x, term, summed)
    labels = "".join(summed) + ("..." if "..." in term else "") + "".join(named)
    return grad if labels == term else einsum_op([grad], equation=f"{labels}->{term}")


def _repeat(grad: Any, x: Any, term: str, summed: list[str]) -> Any:
    before, _, after = term.partition("...")
    places = [
        before.index(label) if label in before else after.index(label) - len(after)
        for label in summed
    ]
    if x.shape.rank is not None and grad.shape.is_fully_defined():
        sizes = [x.shape[place] for place in places]
        if None not in sizes:
            target = np.array([*sizes, *grad.shape.as_list()], np.int32)
            return raw.BroadcastTo(grad, target)
    shape = raw.Shape(x)
    sizes = raw.GatherV2(shape, _wrapped(places, x), np.int32(0))
    target = raw.ConcatV2([sizes, raw.Shape(grad)], np.int32(0))
    return raw.BroadcastTo(grad, target)


def _wrapped(places: list[int], x: Any) -> Any:
    if x.shape.rank is not None:
        return np.array([place % x.shape.rank for place in places], np.int32)
    return raw.FloorMod(np.array(places, np.int32), raw.Rank(x))


def _einsum_batching(call: Call) -> Any:
    """The runs get a letter of their own."""
    equation = call.attrs["equation"]
    letter = next(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  if c not in equation)  # fmt: skip
    left, _, right = equation.partition("->")
    terms = [
        letter + term if call.is_stacked(i) else term for i, term in enumerate(left.split(","))
    ]
    return call.run([v.tensor for v in call.values], equation=f"{','.join(terms)}->{letter}{right}")


einsum_op = op(
    "Einsum",
    shape=_shape,
    host=einsum_host,
    xla=einsum_xla,
    effects=PURE,
    traits=(MULTILINEAR, TOTAL, GAINS_BY_HALF),
    batching=_einsum_batching,
    gradient=_grad,
)


# ---- equations ----

_FORMAT = re.compile(r"[a-zA-Z,.]*(->[a-zA-Z.]*)?")


def _resolve(equation: str, count: int) -> str:
    """The equation without spaces, checked, and with its output written out."""
    compact = equation.replace(" ", "")
    if not _FORMAT.fullmatch(compact) or "." in compact.replace("...", ""):
        raise ValueError(f"Subscripts have incorrect format: {compact}")
    left, arrow, right = compact.partition("->")
    terms = left.split(",")
    if len(terms) != count:
        raise ValueError(f'Got {count} inputs for equation "{compact}", expecting {len(terms)}')
    for term in (*terms, right):
        if term.count("...") > 1:
            raise ValueError(f"Subscripts contain more than one ellipsis: {compact}")
    letters = left.replace("...", "").replace(",", "")
    if not arrow:
        right = "".join(sorted(v for v in set(letters) if letters.count(v) == 1))
        right = ("..." if "..." in left else "") + right
    named = right.replace("...", "")
    if len(set(named)) != len(named):
        raise ValueError(f"Output subscripts contain a label appearing more than once: {compact}")
    for label in named:
        if label not in letters:
            raise ValueError(
                f"Output subscripts contain the label {label} not present in the input subscripts."
            )
    return f"{left}->{right}"


def _path(equation: str, tensors: list[Any], optimize: str) -> list[tuple[int, ...]]:
    """Which operands to contract one after the other."""
    if len(tensors) <= 2:
        return [tuple(range(len(tensors)))]
    if any(t.shape.rank is None for t in tensors):
        return [(0, 1)] * (len(tensors) - 1)
    # Only sizes matter for the path: views of a single element, unknown sizes as 1.
    shapes = [[1 if d is None else d for d in t.shape.as_list()] for t in tensors]
    views = [np.broadcast_to(np.zeros(()), shape) for shape in shapes]
    method = "optimal" if optimize == "optimal" and len(tensors) <= 8 else "greedy"
    path = np.einsum_path(equation, *views, optimize=(method, 2**62))[0][1:]
    return [pair for step in path for pair in _pairs(step)]


def _pairs(step: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A contraction of many operands, the last one of a path, as contractions of two."""
    if len(step) <= 2:
        return [tuple(step)]
    return [(0, 1)] * (len(step) - 1)


def _step(terms: list[str], pair: tuple[int, ...], output: str) -> tuple[str, str]:
    """Equation of one contraction, and the labels of its result."""
    picked = [terms[i] for i in pair]
    rest = [t for i, t in enumerate(terms) if i not in pair]
    if not rest:
        return f"{','.join(picked)}->{output}", output
    needed = set(output).union(*rest) - {"."}
    labels = dict.fromkeys("".join(picked).replace(".", ""))
    result = "".join(label for label in labels if label in needed)
    result = ("..." if any("..." in t for t in picked) else "") + result
    return f"{','.join(picked)}->{result}", result


def _of_one_dtype(inputs: Any) -> list[Any]:
    """Tensors of arrays and Python values, in the dtype of the first that is a tensor or variable.

    Without one, the first of them says which dtype that is.
    """
    known = next((x.dtype for x in inputs if isinstance(getattr(x, "dtype", None), DType)), None)
    tensors: list[Any] = []
    for x in inputs:
        is_tensor = isinstance(getattr(x, "dtype", None), DType)
        tensors.append(convert_to_tensor(x, None if is_tensor else known))
        known = known or tensors[0].dtype
    return tensors


@export("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products of tensors in index notation.

    Every letter labels a dimension. Labels that are missing in the output are summed over; an
    ellipsis stands for any further dimensions, which broadcast.

    Args:
        equation: such as "ij,jk->ik"; without "->" the output has the labels that occur once, in
            alphabetical order.
        *inputs: tensors of one dtype, with as many dimensions as the equation says.
        **kwargs: `optimize`, "greedy" or "optimal", how to choose the order of contractions of
            more than two tensors; `name`, name of the nodes in a graph.

    Returns:
        A tensor with the output's dimensions.

    Raises:
        ValueError: if the equation is malformed or does not fit the number of inputs.
        InvalidArgumentError: if dtypes or sizes differ.

    >>> import tidefall as tf
    >>> tf.einsum("ij,jk->ik", tf.constant([[1, 2]]), tf.constant([[3], [4]])).numpy()
    array([[11]], dtype=int32)
    """
    name = kwargs.pop("name", None)
    optimize = kwargs.pop("optimize", "greedy")
    if kwargs:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(kwargs)}. Valid arguments: name, "
            "optimize, greedy."
        )
    resolved = _resolve(equation, len(inputs))
    with name_scope(name or "einsum"):
        tensors = _of_one_dtype(inputs)
        if len(tensors) <= 2:
            return einsum_op(tensors, equation=resolved)
        left, _, output = resolved.partition("->")
        terms = left.split(",")
        for pair in _path(resolved, tensors, optimize):
            step, labels = _step(terms, pair, output)
            result = einsum_op([tensors[i] for i in pair], equation=step)
            for i in sorted(pair, reverse=True):
                del tensors[i], terms[i]
            tensors.append(result)
            terms.append(labels)
        return tensors[0]
