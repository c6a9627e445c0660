"""`python.framework.function_def_to_graph`: a function of a library as a graph. For tf2onnx."""

from __future__ import annotations

from typing import Any

from tidefall.graph.codec.function_library import function_graph


def function_def_to_graph(
    fdef: Any,
    structured_input_signature: Any = None,
    structured_outputs: Any = None,
    input_shapes: Any = None,
    **_options: Any,
) -> Any:
    """The graph of a `FunctionDef` message."""
    return function_graph(fdef, input_shapes)
