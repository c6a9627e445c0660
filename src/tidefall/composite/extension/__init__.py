"""`tf.experimental.ExtensionType`: types made of tensors that programs define themselves.

A class with annotated fields enters; `fields.py` checks and converts their values, `specs.py` has
the type of each such type. Read `extension_type.py` first.
"""
