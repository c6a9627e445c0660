"""Written by `python -m tidefall.ops.index`; do not edit."""

EXPORTS: dict[str, str] = {
    "Graph": "tidefall.graph.graph",
    "Operation": "tidefall.graph.graph",
    "add": "tidefall.ops.elementwise",
    "get_static_value": "tidefall.graph.static",
    "math.add": "tidefall.ops.elementwise",
    "math.multiply": "tidefall.ops.elementwise",
    "multiply": "tidefall.ops.elementwise",
}
OPS: dict[str, str] = {
    "AddV2": "tidefall.ops.elementwise",
    "Mul": "tidefall.ops.elementwise",
}
