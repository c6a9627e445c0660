"""DTensor: tensors that lie on all devices of a mesh, and programs that run on all of them.

A `Mesh` (`mesh.py`) names the devices, a `Layout` (`layout.py`) says how a tensor is divided over
them. `values.py` has the tensors, `engine.py` runs ops and functions on a mesh as one XLA program
each, and `functions.py` is what users call. Read these in this order.
"""
