"""`tf.lite.Interpreter`: runs `.tflite` files with NumPy, and with XLA where that pays.

A file's bytes enter, arrays leave. `program.py` makes a model ready and runs its subgraphs,
operator after operator; `kernels/` has what each operator computes, by family, bit by bit as
TensorFlow Lite's reference kernels where integers are concerned (`fixed_point.py`, `lookup.py`);
`compiled.py` decides what is compiled. Read `program.py` first, then `kernels/conv.py`.
"""
