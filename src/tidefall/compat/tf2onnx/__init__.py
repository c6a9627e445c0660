"""What Keras's `export(format="onnx")` and scripts ask of the package tf2onnx, answered by
`tidefall.export.onnx`.

`convert.py` has the functions; `tfonnx.py` and `graph.py` are there because Keras puts functions of
its own into them, which nothing here calls.
"""

from tidefall.compat.tf2onnx import convert, graph, tfonnx

__all__ = ["convert", "graph", "tfonnx"]
