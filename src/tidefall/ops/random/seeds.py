"""Seeds of stateful random ops: `tf.random.set_seed` and the rules that combine seeds.

There is a global seed and a seed given to each op. With a global seed alone, the op seeds follow
from it: eagerly they are drawn from a Python generator seeded with it, in a graph they count up.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.run_state import running_state
from tidefall.base.state import state
from tidefall.ops.random import philox

DEFAULT_GRAPH_SEED = 87654321
_LARGEST = 2**31 - 1
_lock = threading.Lock()


class _Global:
    """The global seed, and what has been drawn since it was set."""

    seed: int | None = None
    epoch: int = 0
    op_seeds: random.Random | None = None


_global = _Global()
_eager_streams: dict[Any, Stream] = {}


class Stream:
    """A Philox generator that moves on with each use: the state of one random op.

    Args:
        seed, seed2: as the op's attributes; both zero choose a key nobody can foresee.

    Attributes:
        law: what a candidate sampler draws by, and may have learned.
    """

    __slots__ = ("_counter", "elsewhere", "epoch", "key", "law")

    def __init__(self, seed: int, seed2: int):
        if seed == 0 and seed2 == 0:
            if config.op_determinism:
                raise InvalidArgumentError(
                    None,
                    None,
                    "When determinism is enabled, random ops must have a seed specified.",
                )
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self.key = seed & (2**64 - 1)
        self._counter = (seed2 & (2**64 - 1)) << 64
        self.epoch = _global.epoch
        self.elsewhere: Callable[[], None] | None = None
        self.law: Any = None

    def reserve(self, blocks: int) -> tuple[int, int]:
        """Key and counter for the next `blocks` blocks, which no one else will get."""
        if self.elsewhere is not None:
            # A compiled program has been drawing from this stream: it knows the position.
            self.elsewhere()
        with _lock:
            counter = self._counter
            self._counter = (counter + blocks) & (2**128 - 1)
        return self.key, counter

    def move_to(self, counter: int) -> None:
        """Continue from a counter."""
        self._counter = counter

    def save(self) -> list[int]:
        """Key and counter."""
        key, counter = self.reserve(0)
        return [key, counter]

    def restore(self, saved: list[int]) -> None:
        """Continue from a key and counter that were saved."""
        self.reserve(0)
        self.key, self._counter = saved


def eager_stream(kind: Any, seed: int, seed2: int) -> Stream:
    """The stream shared by all eager calls of one kind of op with these seeds."""
    key = (kind, seed, seed2)
    stream = _eager_streams.get(key)
    if stream is None:
        stream = _eager_streams[key] = Stream(seed, seed2)
    return stream


def node_stream(node: Any) -> Stream:
    """The stream of a graph node in what runs now; `tf.random.set_seed` sets it back to its start.

    In an iteration over a dataset each stream begins at its seeds.
    """
    return site_stream(node.site)


_REPLICA_STEP = 0x3243F6A9
"""How far the second seeds of replicas lie apart; any number that programs do not choose."""


def site_stream(site: tuple[Any, ...]) -> Stream:
    """The stream of the node that these calls lead to."""
    state = running_state()

    def begin() -> Stream:
        seed, seed2 = site[-1].attrs["seed"], site[-1].attrs["seed2"]
        is_seeded = seed or seed2
        return Stream(seed, seed2 + state.replica * _REPLICA_STEP if is_seeded else seed2)

    return state.keep(site, begin, _is_older_than_seed if state.follows_seed else None)


def _is_older_than_seed(stream: Stream) -> bool:
    return stream.epoch != _global.epoch


@export("random.set_seed")
def set_seed(seed: int | None) -> None:
    """Set the global seed, so that the random numbers after it are the same in every run.

    Args:
        seed: an integer; None forgets the seed.

    >>> import tidefall as tf
    >>> tf.random.set_seed(5)
    >>> first = tf.random.uniform([2])
    >>> tf.random.set_seed(5)
    >>> bool(tf.reduce_all(tf.random.uniform([2]) == first))
    True
    """
    with _lock:
        _global.seed = None if seed is None else int(seed)
        _global.op_seeds = None if seed is None else random.Random(_global.seed)
        _global.epoch += 1
        _eager_streams.clear()


def global_seed() -> int | None:
    """Return the seed of `tf.random.set_seed`, or None."""
    return _global.seed


def check_own_seed(function: str, seed: Any) -> None:
    """Raise if seeds are required and a function that ignores the global one got none."""
    if config.op_determinism and not seed:
        raise ValueError(
            f"{function} requires a non-zero seed to be passed in when determinism is enabled, but "
            f'got seed={seed}. Please pass in a non-zero seed, e.g. by passing "seed=1".'
        )


def internal_operation_seed() -> int:
    """The next op seed that follows from the global seed; any number when there is none."""
    generator = _global.op_seeds or random.SystemRandom()
    return generator.randint(0, _LARGEST)


def _graph_seed(graph: Any) -> int | None:
    """A graph's own seed; functions take that of the graph around them, or the global one."""
    while graph is not None:
        if graph.seed is not None:
            return graph.seed
        if not graph.building_function:
            return None
        graph = graph.enclosing
    return _global.seed


def _next_in_graph(graph: Any) -> int:
    number = graph.random_ops
    graph.random_ops = number + 1
    return number


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of an op, from the global seed and the one given for the op.

    Args:
        op_seed: seed of the op, or None.

    Returns:
        Two integers; or two Nones when nobody chose a seed.

    Raises:
        RuntimeError: when nobody chose a seed and determinism is asked for.
    """
    graph = state.graph
    seed = _global.seed if graph is None else _graph_seed(graph)
    if seed is None:
        if op_seed is None:
            if config.op_determinism:
                raise RuntimeError(
                    "Random ops require a seed to be set when determinism is enabled. Please set a "
                    "seed before running the op, e.g. by calling tf.random.set_seed(1)."
                )
            return None, None
        return DEFAULT_GRAPH_SEED, _fit(op_seed)
    if op_seed is None:
        op_seed = internal_operation_seed() if graph is None else _next_in_graph(graph)
    pair = _fit(seed), _fit(op_seed)
    # Two zeros would mean that nobody chose a seed.
    return (0, _LARGEST) if pair == (0, 0) else pair


def _fit(seed: int) -> int:
    return int(seed) % _LARGEST


def op_seeds(op_seed: int | None) -> dict[str, int]:
    """The seed attributes of a stateful random op."""
    seed, seed2 = get_seed(op_seed)
    return {"seed": seed or 0, "seed2": seed2 or 0}


def start_words(key: int, counter: int) -> list[int]:
    """Key and counter as three 64-bit numbers, the way compiled programs take them."""
    low = 2**64 - 1
    return [key & low, counter & low, counter >> 64 & low]


BLOCKS_PER_NUMBER = philox.TRUNCATED_SKIP
"""Blocks that an op moves on for each number it makes, however few it needs."""
