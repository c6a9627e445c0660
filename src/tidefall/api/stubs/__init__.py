"""Type stubs of the public surface, written from the sources.

Public names are found when first used, which no tool follows. `python -m tidefall.api.stubs` looks
each of them up and writes what it is: `tidefall/__init__.pyi` for `tf`, and one module in
`tidefall/_api/` for each namespace, since `tidefall/data/` and others are folders of the
implementation. Nothing imports these files at run time; a test fails when they are stale.

In go the objects behind the public names; out come the texts of the files. Read `writer.py` first:

- `surface_names.py`: which objects there are, and under which name each is defined.
- `signatures.py`: a function, with the types of its parameters and its result.
- `docstrings.py`: the types a docstring tells, where the source says `Any`.
- `annotations.py`: the types the source tells, as text for a stub.
- `classes.py`, `messages.py`, `raw_ops.py`: classes, protobuf messages, `tf.raw_ops`.
- `exact/`: stubs written by hand, for what a signature in the source cannot say.
"""
