"""`tf.experimental.numpy`: NumPy's functions over tensors, and its behaviour for `tf.Tensor`.

Anything array-like enters; `promotion.py` brings the arguments to one dtype, and tensors leave.
Read `promotion.py` first, then `making.py`.
"""
