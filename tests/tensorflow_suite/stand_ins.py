"""What stands for an inner name of TensorFlow that nothing answers.

A test file names hundreds of them while it is imported and uses few: the stand-in can be
subclassed, decorated with and passed on while a file is imported, and raises when it is used.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any


class InnerName(NotImplementedError):
    """An inner name of TensorFlow that is not answered: the case tells nothing of Tidefall."""


class Importing:
    """Whether a test file or helper is being imported now."""

    depth = 0

    def __enter__(self) -> None:
        Importing.depth += 1

    def __exit__(self, *_: object) -> None:
        Importing.depth -= 1


class _StandIn(type):
    _path: str

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        subclassed = cls.__mro__[1] is not object
        if not Importing.depth or subclassed:
            raise InnerName(cls._path)
        if len(args) == 1 and not kwargs:
            if isinstance(args[0], FunctionType):
                return _raising(args[0], cls._path)
            if isinstance(args[0], type):
                return _without_tests(args[0], cls._path)
        return stand_in(f"{cls._path}()")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{cls._path}.{name}")

    def __add__(cls, other: Any) -> Any:
        return other if Importing.depth else NotImplemented

    __radd__ = __or__ = __ror__ = __add__

    def _refuse(cls, *_: object) -> Any:
        raise InnerName(cls._path)

    __iter__ = __len__ = __getitem__ = __enter__ = _refuse

    def __exit__(cls, *_: object) -> None:
        return None

    def __bool__(cls) -> bool:
        return True

    def __repr__(cls) -> str:
        return f"<no answer for {cls._path}>"


def stand_in(path: str) -> Any:
    """Return what stands for `tensorflow.python.framework.ops._secret`."""
    return _StandIn(path.rpartition(".")[2], (object,), {"_path": path})


def _raising(function: Callable[..., Any], path: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def raising(*_args: Any, **_kwargs: Any) -> Any:
        raise InnerName(path)

    del raising.__wrapped__  # a test runner would look at its arguments
    return raising


def _without_tests(case: type, path: str) -> type:
    for name in [name for name in dir(case) if name.startswith("test")]:
        setattr(case, name, _raising(getattr(case, name), path))
    return case
