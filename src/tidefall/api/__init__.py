"""The public surface as tools see it: what writes the index of names, and stubs for editors.

All modules enter, since each may export names; `_index.py` and `.pyi` files leave. `surface.py`,
beside this folder, answers `tf.math.add` from the index. Read `index.py` first.
"""
