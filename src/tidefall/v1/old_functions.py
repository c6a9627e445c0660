"""Functions of TensorFlow 1 that have no twin in TensorFlow 2, or one that does something else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export, export_value
from tidefall.base.run_state import running_state
from tidefall.base.state import name_scope, state
from tidefall.composite.ragged.values import convert_to_tensor_or_ragged_tensor
from tidefall.op import raw
from tidefall.op.effects import PRINTS
from tidefall.op.registry import op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.common import unchanged
from tidefall.surface import resolve
from tidefall.tensor.conversion import convert_to_tensor

export_value("2.21.0", "compat.v1.VERSION")
export_value("2.21.0", "compat.v1.version.VERSION")
export_value(2474, "compat.v1.GRAPH_DEF_VERSION")
export_value(0, "compat.v1.GRAPH_DEF_VERSION_MIN_CONSUMER")
export_value(0, "compat.v1.GRAPH_DEF_VERSION_MIN_PRODUCER")


def _public(name: str) -> Any:
    path, _, last = name.rpartition(".")
    return resolve(path, last)


# ---- casts ----


def _cast_to(name: str, dtype: Any) -> Callable[..., Any]:
    def cast(x: Any, name: str = f"To{name[3:].capitalize()}") -> Any:
        return _public("cast")(x, dtype, name=name)

    cast.__name__ = cast.__qualname__ = name
    cast.__doc__ = f"`tf.cast` to {dtype.name}."
    return export(f"compat.v1.{name}")(cast)


for _name, _dtype in (
    ("to_float", dtypes.float32), ("to_double", dtypes.float64), ("to_int32", dtypes.int32),
    ("to_int64", dtypes.int64), ("to_bfloat16", dtypes.bfloat16),
    ("to_complex64", dtypes.complex64), ("to_complex128", dtypes.complex128),
):  # fmt: skip
    _cast_to(_name, _dtype)


# ---- arithmetic and arrays ----


@export("compat.v1.div")
def div(x: Any, y: Any, name: str | None = None) -> Any:
    """The quotient, rounded down for integers as Python 2 did.

    Args:
        x, y: tensors of one dtype.
        name: name of the node.
    """
    x = convert_to_tensor(x)
    y = convert_to_tensor(y, x.dtype.base_dtype)
    return (raw.FloorDiv if x.dtype.is_integer else raw.RealDiv)(x, y, name=name or "div")


@export("compat.v1.floor_div")
def floor_div(x: Any, y: Any, name: str | None = None) -> Any:
    """The quotient rounded down."""
    return raw.FloorDiv(x, y, name=name)


@export("compat.v1.arg_max")
def arg_max(input: Any, dimension: Any, output_type: Any = dtypes.int64, name: Any = None) -> Any:
    """Index of the largest element along an axis; old form of `tf.argmax`."""
    return raw.ArgMax(input, dimension, output_type=output_type, name=name)


@export("compat.v1.arg_min")
def arg_min(input: Any, dimension: Any, output_type: Any = dtypes.int64, name: Any = None) -> Any:
    """Index of the smallest element along an axis; old form of `tf.argmin`."""
    return raw.ArgMin(input, dimension, output_type=output_type, name=name)


@export("compat.v1.depth_to_space", "compat.v1.nn.depth_to_space")
def depth_to_space(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Any:
    """`tf.nn.depth_to_space` with TensorFlow 1's parameters."""
    return _public("nn.depth_to_space")(input, block_size, data_format, name)


@export("compat.v1.space_to_depth", "compat.v1.nn.space_to_depth")
def space_to_depth(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Any:
    """`tf.nn.space_to_depth` with TensorFlow 1's parameters."""
    return _public("nn.space_to_depth")(input, block_size, data_format, name)


@export("compat.v1.batch_to_space_nd", "compat.v1.manip.batch_to_space_nd")
def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """`tf.batch_to_space` by its old name."""
    return raw.BatchToSpaceND(input, block_shape, crops, name=name)


@export("compat.v1.manip.reshape")
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """`tf.reshape` by another name."""
    return _public("reshape")(tensor, shape, name)


@export("compat.v1.batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """`tf.gather` with all but the last dimension of `indices` for batches."""
    indices = convert_to_tensor_or_ragged_tensor(indices)
    rank = indices.shape.rank
    if rank is None:
        raise ValueError("batch_gather does not allow indices with unknown shape.")
    return _public("gather")(params, indices, batch_dims=rank - 1, axis=rank - 1, name=name)


@export("compat.v1.batch_to_space")
def batch_to_space(
    input: Any,
    crops: Any,
    block_size: int | None = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Any:
    """`tf.batch_to_space` of blocks of one size: `[block_size, block_size]`.

    Args:
        input: `[batch, height, width, depth]`.
        crops: `[2, 2]`, what is cut off at the beginning and end of height and width.
        block_size: at least 2; `block_shape` is another name of it.
        name: name of the node.
        block_shape: an integer, or the vector that `tf.batch_to_space` takes.
    """
    size = block_shape if block_size is None else block_size
    if isinstance(size, int):
        return raw.BatchToSpace(input, crops, block_size=size, name=name)
    return _public("batch_to_space")(input, size, crops, name)


@export("compat.v1.space_to_batch", "compat.v1.nn.space_to_batch")
def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: int | None = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Any:
    """`tf.space_to_batch` into blocks of one size: `[block_size, block_size]`.

    Args:
        input: `[batch, height, width, depth]`.
        paddings: `[2, 2]`, how many zeros are put before and behind height and width.
        block_size: at least 2; `block_shape` is another name of it.
        name: name of the node.
        block_shape: an integer, or the vector that `tf.space_to_batch` takes.
    """
    size = block_shape if block_size is None else block_size
    if isinstance(size, int):
        return raw.SpaceToBatch(input, paddings, block_size=size, name=name)
    return _public("space_to_batch")(input, size, paddings, name)


@export("compat.v1.multinomial", "compat.v1.random.multinomial")
def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Any:
    """`tf.random.categorical` with TensorFlow 1's parameters."""
    dtype = output_dtype if output_dtype is not None else dtypes.int64
    return _public("random.categorical")(logits, num_samples, dtype, seed, name)


@export("compat.v1.get_seed", "compat.v1.random.get_seed")
def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of a random op, from the graph's and the op's own.

    Args:
        op_seed: the op's seed, or None.
    """
    from tidefall.ops.random.seeds import get_seed as both

    return both(op_seed)


# ---- nn ----


@export("compat.v1.nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Any:
    """Cross entropy of a softmax; no gradient flows into the labels.

    Args:
        labels: probabilities of the shape of `logits`.
        logits: unnormalised log probabilities.
        dim, axis: where the classes are.
        name: name of the node.
    """
    if labels is None or logits is None:
        raise ValueError("Both `labels` and `logits` must be provided.")
    where = dim if axis is None else axis
    with name_scope(name or "softmax_cross_entropy_with_logits_sg"):
        labels = raw.StopGradient(labels, name="labels_stop_gradient")
        return _public("nn.softmax_cross_entropy_with_logits")(labels, logits, where)


@export("compat.v1.nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(
    labels: Any,
    logits: Any,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Any:
    """`tf.nn.softmax_cross_entropy_with_logits`, with gradients into the labels."""
    where = axis if axis is not None else (-1 if dim is None else dim)
    return _public("nn.softmax_cross_entropy_with_logits")(labels, logits, where, name)


@export("compat.v1.nn.dropout")
def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Any:
    """Set some elements to zero, and scale the others up.

    Args:
        x: a real tensor.
        keep_prob: the part that stays.
        noise_shape: shape of the decisions, broadcast against `x`.
        seed: seed of the random numbers.
        name: name of the nodes.
        rate: the part that is dropped, instead of `keep_prob`.

    Raises:
        ValueError: if both or neither are given.
    """
    if keep_prob is not None:
        if rate is not None:
            raise ValueError("Cannot specify both 'rate' and 'keep_prob'.")
        rate = 1 - keep_prob
    if rate is None:
        raise ValueError(f"`rate` must be a scalar in the range [0, 1). Received: rate={rate}")
    return _public("nn.dropout")(x, rate, noise_shape, seed, name)


@export("compat.v1.nn.xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """`matmul(x, weights) + biases`."""
    with name_scope(name or "xw_plus_b") as scope:
        return _public("nn.bias_add")(_public("matmul")(x, weights), biases, name=scope)


@export("compat.v1.nn.relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """`relu(matmul(x, weights) + biases)`."""
    with name_scope(name or "relu_layer") as scope:
        return _public("nn.relu")(xw_plus_b(x, weights, biases), name=scope)


# ---- printing ----


def _print_for_node(node: Any) -> Callable[..., Any]:
    """The kernel of a node, which prints only so many times."""
    site = node.site

    def kernel(input: Any, data: Any, *, message: str, first_n: int, summarize: int) -> Any:
        count = running_state().keep(site, lambda: [0])
        count[0] += 1
        if first_n < 0 or count[0] <= first_n:
            _print(input, data, message=message, first_n=-1, summarize=summarize)
        return input

    return kernel


def _print(input: Any, data: Any, *, message: str, first_n: int, summarize: int) -> Any:
    import numpy as np

    parts = []
    for value in data:
        flat = np.asarray(value).reshape(-1)
        shown = flat if summarize < 0 else flat[:summarize]
        texts = [v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in shown]
        more = "..." if len(shown) < len(flat) else ""
        parts.append(f"[{' '.join(texts)}{more}]")
    sys.stderr.write(message + "".join(parts) + "\n")
    return input


_print.for_node = _print_for_node  # type: ignore[attr-defined]
op(
    "Print",
    shape=unchanged,
    host=_print,
    effects=PRINTS,
    traits=(NO_EXTERNAL_STATE,),
    gradient=lambda op, dy: [dy] + [None] * len(op.inputs[1:]),
)


@export("compat.v1.Print")
def Print(
    input_: Any,
    data: Sequence[Any],
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Any:
    """The same tensor, which prints others to standard error when it is computed.

    Args:
        input_: a tensor.
        data: the tensors to print.
        message: what to print before them.
        first_n: print only so many times.
        summarize: how many elements of each to print.
        name: name of the node.
    """
    return raw.Print(
        input_,
        list(data),
        message=message or "",
        first_n=-1 if first_n is None else first_n,
        summarize=3 if summarize is None else summarize,
        name=name,
    )


# ---- programs ----


@export("compat.v1.app.run")
def run(main: Callable[..., Any] | None = None, argv: Sequence[str] | None = None) -> None:
    """Parse the flags of the command line, call `main` with the rest, and exit.

    Args:
        main: called with the list of arguments; the `main` of the script by default.
        argv: the arguments; those of the process by default.

    Raises:
        ImportError: without the package absl-py.
    """
    chosen = main or sys.modules["__main__"].main  # type: ignore[attr-defined]
    try:
        from absl import app
    except ImportError as error:
        raise ImportError(
            "tf.compat.v1.app.run needs the package absl-py: pip install absl-py"
        ) from error
    app.run(main=chosen, argv=list(argv) if argv is not None else None)


@export("compat.v1.add_check_numerics_ops")
def add_check_numerics_ops() -> Any:
    """A node that fails if any floating-point tensor of the graph is not finite."""
    graph = state.graph
    if graph is None:
        raise RuntimeError("add_check_numerics_ops() is not compatible with eager execution.")
    checks = []
    for node in graph.get_operations():
        for tensor in node.outputs:
            if tensor.dtype.base_dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
                with graph.control_dependencies(checks):
                    checks.append(raw.CheckNumerics(tensor, message=tensor.name).op)
    return _public("group")(*checks)
