"""From graphs to ONNX models.

`convert.py` takes a source and writes the model, `lowering.py` walks its graph with the rules of
`rules/`, `rewrites.py` cleans the result and `assembly.py` writes the messages. Read `convert.py`
first.
"""
