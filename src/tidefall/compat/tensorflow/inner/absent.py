"""Names that packages import without using them at once, and that have no counterpart here.

`tensorflow.python.autograph.pyct.*`: the syntax tree tools of TensorFlow's AutoGraph, which
tensorflow-probability's `experimental.auto_batching` is built on; the rest of that package imports
it. `grappler`: TensorFlow's graph optimizer, which the converter of tensorflowjs calls.
"""

from __future__ import annotations

from typing import Any, NoReturn

from tidefall.base.errors import UnimplementedError


class _Absent(type):
    """A class that may be inherited from and looked into, but not used."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__name__}.{name}")

    def __call__(cls, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise UnimplementedError(
            None, None, f"tensorflow's internal `{cls.__name__}` has no counterpart in Tidefall."
        )


def _absent(name: str) -> Any:
    return _Absent(name, (), {"__doc__": f"`{name}`, which Tidefall does not have."})


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _absent(name)
