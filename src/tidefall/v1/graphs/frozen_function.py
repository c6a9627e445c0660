"""Functions without variables: `tensorflow.python.framework.convert_to_constants`."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.composite.variables.storage import VariableStorage
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.graph_import import import_graph_def
from tidefall.graph.codec.graph_def import graph_to_proto
from tidefall.graph.effects import control_edges
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.copying import copy_graph
from tidefall.graph.passes.inlining import inline_calls
from tidefall.op import raw
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.v1.graphs.graph_tools import convert_variables_to_constants
from tidefall.v1.graphs.variables_as_constants import Constant, ConstantReaders, constant_node
from tidefall.v1.graphs.wrapped_function import WrappedFunction, wrap_function


def convert_variables_to_constants_v2(
    func: ConcreteFunction, lower_control_flow: bool = True, aggressive_inlining: bool = False
) -> WrappedFunction:
    """A function with the values that variables have now in their place.

    Calls become the nodes of what they call, and its graph holds all that it needs: the GraphDef
    of `graph.as_graph_def()` is a program by itself.

    Args:
        func: the function. It may read variables, also inside of branches, loops and functions.
        lower_control_flow: accepted. Branches and loops stay `If` and `While`, which run the same.
        aggressive_inlining: accepted.

    Returns:
        A function of the same tensors that returns the outputs in a list. Lookup tables are still
        captured.

    Raises:
        ValueError: if it does with a variable what cannot be done with a constant, such as to
            assign a value.

    >>> import tidefall as tf
    >>> v = tf.Variable(2.0)
    >>> double = tf.function(lambda x: v * x).get_concrete_function(tf.TensorSpec([]))
    >>> frozen = convert_variables_to_constants_v2(double)
    >>> float(v.assign(3.0)), float(frozen(tf.constant(5.0))[0])
    (3.0, 10.0)
    """
    return convert_variables_to_constants_v2_as_graph(
        func, lower_control_flow, aggressive_inlining
    )[0]


def convert_variables_to_constants_v2_as_graph(
    func: ConcreteFunction, lower_control_flow: bool = True, aggressive_inlining: bool = False
) -> tuple[WrappedFunction, Any]:
    """The same as `convert_variables_to_constants_v2`, and the GraphDef beside it.

    Returns:
        The function and the GraphDef.
    """
    graph = copy_graph(func.graph)
    inline_calls(graph, for_host=False)
    _add_results(graph)
    message = graph_to_proto(graph)
    names = [t.op.name for t in graph.inputs]
    arguments = len(func.graph.arguments)
    captured = dict(zip(names[arguments:], func.captured_inputs, strict=True))
    message = _with_values(message, captured)
    kept = [name for name in names[arguments:] if captured[name].dtype == dtypes.resource]
    kept = [name for name in kept if not isinstance(captured[name].storage, VariableStorage)]
    whole = wrap_function(lambda: import_graph_def(message, name=""), [])
    frozen = whole.prune(
        [f"{name}:0" for name in (*names[:arguments], *kept)], [t.name for t in graph.outputs]
    )
    _capture_last(frozen.graph, [captured[name] for name in kept])
    frozen.kept_alive = (whole, func)
    return frozen, message


def convert_variables_to_constants_from_session_graph(
    session: Any,
    graph_def: Any,
    output_node_names: Any,
    variable_names_allowlist: Any = None,
    variable_names_denylist: Any = None,
) -> Any:
    """`tf.compat.v1.graph_util.convert_variables_to_constants`, with other names of arguments."""
    return convert_variables_to_constants(
        session, graph_def, output_node_names, variable_names_allowlist, variable_names_denylist
    )


def _add_results(graph: FuncGraph) -> None:
    """Return what nodes called `Identity` give, which wait for all that has to run."""
    waits, must_run = control_edges(graph.nodes)
    read = {id(t) for node in graph.nodes for t in node.inputs}
    for node in graph.nodes:
        node.control_inputs = list(dict.fromkeys([*node.control_inputs, *waits.get(id(node), ())]))
    results: dict[int, SymbolicTensor] = {}
    for position, tensor in enumerate(graph.outputs):
        result = tensor
        if tensor.op.op_type is not raw.Identity or id(tensor) in read or id(tensor) in results:
            name = _free_name(graph)
            node = graph.add_node(raw.Identity, [tensor], {"T": tensor.dtype}, f"{name}/")
            result = graph.outputs[position] = node.outputs[0]
        results[id(result)] = result
        waited = [*result.op.control_inputs, *must_run]
        result.op.control_inputs = list(dict.fromkeys(waited))


def _free_name(graph: FuncGraph) -> str:
    name, number = raw.Identity.name, 0
    while name in graph.by_name:
        number += 1
        name = f"{raw.Identity.name}_{number}"
    return name


def _with_values(message: Any, captured: dict[str, Any]) -> Any:
    """A GraphDef with constants in the place of placeholders for variables and tensors."""
    nodes, handles = [], {}
    for node in message.node:
        tensor = captured.get(node.name)
        storage = getattr(tensor, "storage", None)
        if isinstance(storage, VariableStorage):
            value, dtype = storage.read(), storage.dtype.as_datatype_enum
            shape = storage.shape.as_proto().SerializeToString()
            handles[node.name] = Constant(dtype, shape)
        elif tensor is not None and tensor.dtype != dtypes.resource:
            value, dtype = tensor.numpy(), tensor.dtype.as_datatype_enum
        else:
            nodes.append(node)
            continue
        nodes.append(type(node)(device=node.device))
        constant_node(nodes[-1], node.name, value, dtype)
    readers = ConstantReaders(message.library.function)
    result = type(message)()
    result.node.extend(readers.graph(nodes, handles))
    result.library.function.extend(readers.called(result.node))
    result.versions.CopyFrom(message.versions)
    return result


def _capture_last(graph: FuncGraph, outer: list[Any]) -> None:
    """Let the last arguments of a graph stand for what is outside of it."""
    count = len(graph.arguments) - len(outer)
    placeholders = graph.arguments[count:]
    del graph.arguments[count:]
    for tensor, placeholder in zip(outer, placeholders, strict=True):
        placeholder.value_hint = tensor
        graph.captured[id(tensor)] = (tensor, placeholder)
    args, kwargs = graph.structured_input_signature
    graph.structured_input_signature = (args[:count], kwargs)
