"""The ops behind `tf.CriticalSection`: a lock that one program holds at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from tidefall.base.run_state import running_state
from tidefall.op.effects import REFERS, writes
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, scalar


class Mutex:
    """What the handle of a mutex refers to."""

    def __init__(self, name: str):
        self.name = name
        self.lock = threading.Lock()


class HeldLock:
    """A mutex that is held; it is let go once, at the latest when nobody refers to this."""

    def __init__(self, mutex: Mutex):
        self._mutex: Mutex | None = mutex
        mutex.lock.acquire()

    def release(self) -> None:
        """Let the mutex go."""
        mutex, self._mutex = self._mutex, None
        if mutex is not None:
            mutex.lock.release()

    __del__ = release


_shared: WeakValueDictionary[tuple[str, str], Mutex] = WeakValueDictionary()


def _make(*, container: str, shared_name: str) -> Mutex:
    if not shared_name:
        return Mutex("")
    found = _shared.get((container, shared_name))
    if found is None:
        found = _shared[container, shared_name] = Mutex(shared_name)
    return found


def _for_node(node: Any) -> Callable[..., Mutex]:
    """A node keeps the mutex that it made first."""
    site = node.site

    def kernel(*, container: str, shared_name: str) -> Mutex:
        make = partial(_make, container=container, shared_name=shared_name)
        return running_state().keep(site, make)

    return kernel


_make.for_node = _for_node  # type: ignore[attr-defined]
_make.for_session = lambda *, container, shared_name: Mutex(shared_name)  # type: ignore[attr-defined]


def _lock(mutex: Any) -> HeldLock:
    if not isinstance(mutex, Mutex):
        raise invalid(f"The handle is not a mutex's: {mutex!r}.")
    return HeldLock(mutex)


def _consume(lock: Any) -> tuple[()]:
    if not isinstance(lock, HeldLock):
        raise invalid(f"Expected input to be a held mutex, but it is {lock!r}.")
    lock.release()
    return ()


op("MutexV2", shape=scalar, host=_make, effects=REFERS, gradient=NOT_DIFFERENTIABLE)
op("MutexLock", shape=scalar, host=_lock, effects=writes("mutex"), gradient=NOT_DIFFERENTIABLE)
op(
    "ConsumeMutexLock",
    shape=lambda c: [],
    host=_consume,
    effects=writes("mutex_lock"),
    gradient=NOT_DIFFERENTIABLE,
)
