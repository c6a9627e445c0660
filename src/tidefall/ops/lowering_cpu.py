"""Lowerings that differ on a CPU, where some of XLA's loops are slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

from tidefall.native.choices import Candidate, choices, key_of
from tidefall.native.library import lowered, takes_floats
from tidefall.ops.common import jax, jnp, lax

_without_native = ContextVar("plainly", default=False)


def is_without_native() -> bool:
    """Whether programs are made without native kernels here."""
    return _without_native.get()


@contextmanager
def without_native() -> Iterator[None]:
    """Lower to nothing but jax inside the block, for whoever reads what jax traced."""
    token = _without_native.set(True)
    try:
        yield
    finally:
        _without_native.reset(token)


@cache
def _only_cpu() -> bool:
    return jax.default_backend() == "cpu"


def on_cpu(cpu: Callable[..., Any], default: Callable[..., Any], *arrays: Any) -> Any:
    """Lower one way for a CPU and another way for accelerators."""
    if _only_cpu():
        return cpu(*arrays)
    return lax.platform_dependent(*arrays, cpu=cpu, default=default)


def native_or_xla(
    kernel: Callable[..., Any],
    default: Callable[..., Any],
    *arrays: Any,
    takes: Callable[..., bool] = takes_floats,
) -> Any:
    """Lower to a native kernel on a CPU if there is one for these arrays, and XLA is not faster.

    Args:
        kernel: takes `library.lowered` and the arrays.
        default: takes the arrays.
        *arrays: float32 arrays for a kernel; others never reach one.
        takes: which arrays the kernel takes if not those.
    """
    if _without_native.get() or not takes(*arrays):
        return default(*arrays)
    native = partial(kernel, lowered)
    arrays = tuple(map(jnp.asarray, arrays))
    if _only_cpu() and not _is_faster(kernel, native, default, arrays):
        return default(*arrays)
    return on_cpu(native, default, *arrays)


class _Asked(Exception):
    """What a kernel was about to be called with."""

    def __init__(self, key: str):
        self.key = key


def _is_faster(
    kernel: Callable[..., Any], native: Callable[..., Any], default: Callable[..., Any], arrays: Any
) -> bool:
    """Whether the kernel is the faster way for arrays like these, as far as that is known."""

    def ask(name: str, inputs: Any, outputs: Any, settings: Any) -> Any:
        raise _Asked(key_of(name, inputs, outputs))

    try:
        kernel(ask, *arrays)
    except _Asked as asked:
        inputs = tuple((a.shape, a.dtype) for a in arrays)
        return choices().prefers_native(Candidate(asked.key, native, default, inputs))
    return True
