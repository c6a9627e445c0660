"""From ONNX models to functions.

`model.py` reads a file and makes an `OnnxModel`, a `tf.Module` that can be called and saved.
`execution.py` walks the graph with the rules of `rules/`, one for each ONNX op. Read `model.py`
first.
"""
