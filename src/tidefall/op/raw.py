"""TensorFlow's ops by name: `raw.Cumsum(x, axis, reverse=True)`.

Each attribute is the `Op` itself, so it may be called, compared (`node.op_type is raw.Cumsum`) and
be a key of a table. Nothing is imported before an op is run, or asked for how it runs. `raw.pyi`
has the signatures; `python -m tidefall.api.index` writes it from the op table.

>>> from tidefall.op import raw
>>> raw.Cumsum([1, 2, 3], 0, reverse=True).numpy().tolist()
[6, 5, 3]
"""

# Nothing else may be imported by name here: an op is called Any.


def __getattr__(name: str) -> object:
    from tidefall.op.registry import is_registered, named_op

    if not is_registered(name):
        raise AttributeError(f"Tidefall has no op called '{name}'.")
    found = globals()[name] = named_op(name)
    return found


def __dir__() -> list[str]:
    from tidefall.op.registry import registered_names

    return registered_names()
