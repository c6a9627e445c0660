"""`tf.xla.experimental`: parts of a program that XLA compiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import refresh, state
from tidefall.function.polymorphic import Function
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor


@export("xla.experimental.compile")
def compile(computation: Callable[..., Any], inputs: Any = None) -> Any:
    """Run a computation as one compiled program.

    Args:
        computation: function of tensors.
        inputs: list of its arguments: tensors, values to convert, or nests of them.

    Returns:
        What it returns, as tensors: a list for one tensor, and for a flat list or tuple.

    Raises:
        TypeError: if `inputs` is no list, or the computation returns nothing in eager code.
        InvalidArgumentError: for an op that XLA cannot compile.

    >>> import tidefall as tf
    >>> tf.xla.experimental.compile(lambda x, y: x * y, [2.0, 3.0])[0].numpy()
    np.float32(6.0)
    """
    if inputs is None:
        inputs = []
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a list")
    if not callable(computation):
        raise TypeError(f"{type(computation).__name__!r} object is not callable")

    def run(*args: Any) -> Any:
        result = computation(*args)
        if result is None or isinstance(result, Operation):  # only its effects are wanted
            return None
        return nest.map_structure(convert_to_tensor, result)

    given = nest.map_structure(convert_to_tensor, list(inputs))
    result = Function(run, "xla_compile_wrapper", autograph=False, jit_compile=True)(*given)
    if result is None:
        if state.graph is None:
            raise TypeError("The computation returned None, which cannot be had of eager code.")
        return raw.NoOp(name="output_0")
    flat = not isinstance(result, dict) and all(
        not nest.is_nested(item) for item in (result if nest.is_nested(result) else [result])
    )
    if state.graph is not None:
        parts = [raw.Identity(t, name=f"output_{i}") for i, t in enumerate(nest.flatten(result))]
        result = nest.pack_sequence_as(result, parts)
    return nest.flatten(result) if flat else result


@export("xla.experimental.jit_scope")
@contextmanager
def jit_scope(
    compile_ops: bool | Callable[[Any], bool] = True, separate_compiled_gradients: bool = False
) -> Iterator[None]:
    """Ask XLA to compile the nodes made inside the block; they are marked with attributes.

    Executors here take whole functions: the marks are for files, and other readers of them.

    Args:
        compile_ops: whether to compile, or a function that tells for a NodeDef.
        separate_compiled_gradients: whether gradients are to be compiled apart.

    Raises:
        RuntimeError: in eager code.

    >>> import tidefall as tf
    >>> @tf.function
    ... def marked(x):
    ...     with tf.xla.experimental.jit_scope():
    ...         return x + 1
    >>> nodes = marked.get_concrete_function(tf.TensorSpec([])).graph.get_operations()
    >>> [node.get_attr("_XlaCompile") for node in nodes if node.type == "AddV2"]
    [True]
    """
    graph = state.graph
    if graph is None:
        raise RuntimeError(
            "xla.experimental.jit_scope is not supported when eager execution is enabled. Try use "
            "it inside tf.function."
        )
    mark = _marker(f"jit_scope_{graph.jit_scopes}", compile_ops, separate_compiled_gradients)
    graph.jit_scopes += 1
    state.hooks = (*state.hooks, mark)
    refresh()
    try:
        yield
    finally:
        state.hooks = tuple(hook for hook in state.hooks if hook is not mark)
        refresh()


def _marker(scope: str, compile_ops: Any, separate: bool) -> Callable[..., None]:
    from tidefall.proto import AttrValue

    def mark(op: Any, tensors: Any, attrs: dict[str, Any], outputs: Any) -> None:
        if not outputs or getattr(outputs[0], "op", None) is None:
            return
        node = outputs[0].op
        compiled = compile_ops(node.node_def) if callable(compile_ops) else compile_ops
        node.attrs["_XlaCompile"] = AttrValue(b=bool(compiled))
        node.attrs["_XlaSeparateCompiledGradients"] = AttrValue(b=bool(separate))
        node.attrs["_XlaScope"] = AttrValue(s=scope.encode())

    return mark
