"""Convolution, plain, depthwise, transposed and fused, with its gradients.

Pictures and filters enter, pictures leave. `functions.py` is what people call, `ops.py` declares
the ops, `kernels.py` is NumPy, `lowerings.py` XLA and native kernels. Read `ops.py` first.
"""
