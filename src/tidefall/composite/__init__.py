"""Values made of tensors, and objects that own them: ragged and sparse tensors, variables, modules.

Tensors enter as components and leave through ops, called by way of `raw`; functions over these
types are in `ops`, which stands above. Read `sparse_tensor.py` first, the shortest of its kind.
"""
