"""How a pipeline is run: what its options say, for the iterators that are being made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tidefall.base.run_state import RunState, enter_state, running_with
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import AUTOTUNE, Node
from tidefall.data.options import ExternalStatePolicy, Options, merge_options


@dataclass(frozen=True)
class Settings:
    """Options of a pipeline, with their defaults filled in.

    Attributes:
        deterministic: parallel stages keep the order of their input, unless they say otherwise.
        optimize: stages may work on many elements at once, and by number.
        cpu_budget: the most threads a stage gets that leaves their number to us.
        ram_budget: bytes that buffers may take whose size is left to us.
        autotune: numbers left to us follow measurements.
        external_state: what to do when a pipeline with state outside of it is saved.
        replay: an iterator is saved as the number of elements it has given.
        streams: what random functions draw from in this iteration; None if there are none.
    """

    deterministic: bool = True
    optimize: bool = True
    cpu_budget: int = 0
    ram_budget: int = 0
    autotune: bool = True
    external_state: ExternalStatePolicy | None = None
    replay: bool = False
    streams: RunState | None = None

    def threads(self, calls: int) -> int:
        """The number of threads for a number of parallel calls, which may be AUTOTUNE."""
        if calls != AUTOTUNE:
            return calls
        return self.cpu_budget or processors()

    def buffer_bytes(self) -> int:
        """The memory for one buffer whose size is left to us: an eighth of all, by default."""
        return self.ram_budget or physical_memory() // 8

    def merged(self, options: Options) -> Settings:
        """These settings, changed where options say something else."""
        changes: dict[str, Any] = {
            "deterministic": options.deterministic,
            "optimize": options.experimental_optimization.apply_default_optimizations,
            "cpu_budget": options.autotune.cpu_budget or options.threading.private_threadpool_size,
            "ram_budget": options.autotune.ram_budget,
            "autotune": options.autotune.enabled,
            "external_state": options.experimental_external_state_policy,
            "replay": options.experimental_symbolic_checkpoint,
        }
        return replace(self, **{k: v for k, v in changes.items() if v is not None})


DEFAULT = Settings()
_current: ContextVar[Settings] = ContextVar("settings", default=DEFAULT)


@cache
def processors() -> int:
    """How many processors this machine has."""
    return os.cpu_count() or 1


@cache
def physical_memory() -> int:
    """The bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return 8 << 30


def settings_of(node: Node) -> Settings:
    """What the options in a pipeline say together; those set last win."""
    found = node.__dict__.get("settings")
    if found is None:
        parts: list[Options] = []
        _add_options(node, parts)
        found = Settings().merged(merge_options(parts)) if parts else Settings()
        node.__dict__["settings"] = found
    return found


def _add_options(node: Node, found: list[Options]) -> None:
    """Add the options set in a pipeline to a list, in the order in which they were set."""
    for one in node.inputs:
        _add_options(one, found)
    if node.options is not None:
        found.append(node.options)


def current_settings() -> Settings:
    """The settings for iterators that are made now."""
    return _current.get()


@contextmanager
def using(settings: Settings) -> Iterator[None]:
    """Make iterators under these settings."""
    token = _current.set(settings)
    try:
        with running_with(settings.streams):
            yield
    finally:
        _current.reset(token)


def keep_using(settings: Settings) -> None:
    """Make all further iterators of this thread under these settings."""
    _current.set(settings)
    enter_state(settings.streams)


def started(node: Node, own_streams: bool = True) -> ElementIterator:
    """A new iterator over a whole pipeline, under the options that are set in it.

    Args:
        node: the last stage.
        own_streams: random functions with a seed begin anew.
    """
    settings = settings_of(node)
    if own_streams and node.draws_random:
        settings = replace(settings, streams=RunState(follows_seed=False))
    with using(settings):
        iterator = node.make_iterator()
    return iterator if settings == DEFAULT else Under(iterator, settings)


class Under(ElementIterator):
    """An iterator that is always used under some settings.

    Stages like `repeat` and `flat_map` make further iterators while elements are asked for.
    """

    __slots__ = ("_iterator", "_settings")

    def __init__(self, iterator: ElementIterator, settings: Settings):
        self._iterator = iterator
        self._settings = settings

    def __next__(self) -> Element:
        settings = self._settings
        token = _current.set(settings)
        try:
            with running_with(settings.streams):
                return next(self._iterator)
        finally:
            _current.reset(token)

    def batch(self, count: int) -> Batch:
        with using(self._settings):
            return self._iterator.batch(count)

    def skip(self, count: int) -> int:
        with using(self._settings):
            return self._iterator.skip(count)

    def save(self) -> State:
        with using(self._settings):
            return self._iterator.save()

    def restore(self, state: State) -> None:
        with using(self._settings):
            self._iterator.restore(state)

    def saves_position(self) -> bool:
        with using(self._settings):
            return self._iterator.saves_position()
