"""`Dataset.shuffle`: elements in random order, drawn from a buffer.

Given the same seeds the order is TensorFlow's: its generator is Philox, two seeds for each
iteration come out of one stream, and another stream says which element of the buffer is next.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    scalar,
    shown_name,
    transformation,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.random_bits import RandomBits
from tidefall.data.engine.random_seed import get_seeds
from tidefall.data.engine.stages import BY_NUMBER, BY_ROWS, ONE_BY_ONE, Stage
from tidefall.op.effects import MAKES, REFERS, writes
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE

_FIRST_NUMBERS = 1024
_MAX_NUMBERS = 1 << 14
_MAX_IN_LIST = 1 << 20


class SeedGenerator:
    """The seeds of one iteration after another.

    Attributes:
        given: the seeds it was made with, 0 and 0 for any.
    """

    def __init__(self, seed: int, seed2: int, reshuffle: bool):
        self.given = (seed, seed2)
        if seed == 0 and seed2 == 0:
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self._fixed = None if reshuffle else (seed, seed2)
        self._start(seed, seed2)

    @property
    def reshuffles(self) -> bool:
        """Whether the seeds of each iteration are other ones."""
        return self._fixed is None

    def _start(self, seed: int, seed2: int) -> None:
        self._seeds = (seed, seed2)
        self._taken = 0
        self._random_bits = iter(RandomBits(seed, seed2))

    def anew(self) -> SeedGenerator:
        """Another one that begins where this one began."""
        return SeedGenerator(*self._seeds, reshuffle=self._fixed is None)

    def next(self) -> tuple[int, int]:
        """The seeds of the next iteration; always the same ones without reshuffling."""
        if self._fixed:
            return self._fixed
        self._taken += 1
        return next(self._random_bits), next(self._random_bits)

    def save(self) -> State:
        """How many iterations there were."""
        return [*self._seeds, self._taken]

    def restore(self, state: State) -> None:
        """Go on after as many iterations."""
        self._start(state[0], state[1])
        if self._fixed:
            self._fixed = self._seeds
        while self._taken < state[2]:
            self.next()


class ShuffleNode(Node):
    """The input's elements, each drawn from a buffer of the next `size` ones."""

    def __init__(self, source: Node, size: int, seeds: SeedGenerator):
        if size <= 0 and size != UNKNOWN:
            raise InvalidArgumentError(
                None, None, "buffer_size must be greater than zero or UNKNOWN_CARDINALITY"
            )
        self.inputs = (source,)
        self.size = sys.maxsize if size == UNKNOWN else size
        self.seeds = seeds

    def make_iterator(self) -> ElementIterator:
        access = self.inputs[0].random_access()
        if access is None:
            return _Shuffled(self.inputs[0].make_iterator(), self)
        return _ShuffledByNumber(access, self)

    def describe(self, asked: str) -> Stage:
        size = "all" if self.size == sys.maxsize else self.size
        arguments: dict[str, Any] = {"": size}
        if not self.seeds.reshuffles:
            arguments["reshuffle_each_iteration"] = "False"
        if self.inputs[0].random_access() is not None:
            way = f"shuffles numbers; {'rows' if asked == BY_ROWS else 'elements'} {BY_NUMBER}"
            return Stage(way, BY_NUMBER, arguments)
        return Stage(f"{ONE_BY_ONE}, through a buffer of elements", arguments=arguments)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def with_inputs(self, inputs: Sequence[Node]) -> Node:
        node = super().with_inputs(inputs)
        assert isinstance(node, ShuffleNode)
        node.seeds = self.seeds.anew()
        return node

    def save_shared(self) -> State:
        return [self.seeds.save(), super().save_shared()]

    def restore_shared(self, state: State) -> None:
        self.seeds.restore(state[0])
        super().restore_shared(state[1])


class _Draws:
    """Draws items of an iterator in random order, holding up to `size` of them.

    The buffer is a ring. Drawing moves the item at its start to where the drawn one was; the place
    at the start is then vacant, and a new item takes it before the next drawing.
    """

    __slots__ = (
        "_buffer",
        "_drawn",
        "_ended",
        "_left",
        "_random",
        "_random_bits",
        "_size",
        "_source",
        "_start",
        "_vacant",
    )  # fmt: skip

    def __init__(self, source: Iterator[Any], size: int, bits: RandomBits):
        self._source = source
        self._size = size
        self._random_bits = bits
        self._random = iter(bits)
        self._buffer: list[Any] = []
        self._start = 0
        self._vacant = False
        self._ended = False
        self._left = 0
        self._drawn = 0

    def save(self) -> State:
        """The buffer, and how often it was drawn from."""
        places = [self._start, self._left, self._drawn, self._vacant, self._ended]
        return {"buffer": list(self._buffer), "places": places}

    def restore(self, state: State) -> None:
        """Go on with a buffer; no word has been taken before."""
        self._buffer = list(state["buffer"])
        self._start, self._left, self._drawn, self._vacant, self._ended = state["places"]
        self._random_bits.take(self._drawn)
        self._random = iter(self._random_bits)

    def draw(self, count: int) -> list[Any]:
        """The next `count` items; fewer only at the end."""
        drawn: list[Any] = []
        try:
            return self._draw(count, drawn)
        finally:
            self._drawn += len(drawn)

    def _draw(self, count: int, drawn: list[Any]) -> list[Any]:
        if not self._ended:
            if len(self._buffer) < self._size:
                self._fill()
            if not self._ended:
                self._draw_and_refill(count, drawn)
        if self._ended and len(drawn) < count:
            self._drain(count - len(drawn), drawn)
        return drawn

    def _end(self, left: int) -> None:
        self._ended = True
        self._left = left

    def _fill(self) -> None:
        """Take items until the buffer is full for the first time."""
        room = self._size - len(self._buffer)
        self._buffer.extend(islice(self._source, room))
        if len(self._buffer) < self._size:
            self._end(len(self._buffer))

    def _draw_and_refill(self, count: int, drawn: list[Any]) -> None:
        buffer, source, random = self._buffer, self._source, self._random
        size, start, vacant = self._size, self._start, self._vacant
        try:
            for _ in range(count):
                if vacant:
                    try:
                        buffer[start - 1] = next(source)
                    except StopIteration:
                        self._end(size - 1)
                        return
                    vacant = False
                place = (start + next(random)) % size
                drawn.append(buffer[place])
                buffer[place] = buffer[start]
                start = start + 1 if start + 1 < size else 0
                vacant = True
        finally:
            self._start, self._vacant = start, vacant

    def _drain(self, count: int, drawn: list[Any]) -> None:
        """Draw from a buffer that nothing is added to any more."""
        buffer, random, start, left = self._buffer, self._random, self._start, self._left
        size = len(buffer)
        for _ in range(min(count, left)):
            place = (start + next(random) % left) % size
            drawn.append(buffer[place])
            buffer[place] = buffer[start]
            buffer[start] = None
            start = start + 1 if start + 1 < size else 0
            left -= 1
        self._start, self._left = start, left


class _Shuffled(Derived):
    __slots__ = ("_draws", "_node", "_seeds")
    _kept = ("_draws",)

    def __init__(self, source: ElementIterator, node: ShuffleNode):
        super().__init__(source)
        self._node = node
        self._begin(node.seeds.next())

    def _begin(self, seeds: tuple[int, int]) -> None:
        self._seeds = seeds
        self._draws = _Draws(self._source, self._node.size, RandomBits(*seeds))

    def __next__(self) -> Element:
        for element in self._draws.draw(1):
            return element
        raise StopIteration

    def save(self) -> State:
        seeds = {"seeds": list(self._seeds), "following": self._node.seeds.save()}
        return {**super().save(), **seeds}

    def restore(self, state: State) -> None:
        self._begin(tuple(state["seeds"]))
        self._node.seeds.restore(state["following"])
        super().restore(state)

    def saves_position(self) -> bool:
        return False


class _NumberDraws:
    """What `_Draws` draws from 0, 1, ... `count - 1`; all places of many draws are known at once.

    In each of the first draws a new number follows, later ones leave the buffer smaller.
    """

    __slots__ = ("_buffer", "_left", "_new", "_random_bits", "_size", "_start")

    def __init__(self, count: int, size: int, bits: RandomBits):
        self._size = self._left = min(size, count)
        numbers = range(self._size)
        # A list is twice as fast and takes four times the memory.
        self._buffer = list(numbers) if self._size <= _MAX_IN_LIST else array("q", numbers)
        self._new = range(self._size, count)
        self._start = 0
        self._random_bits = bits

    def draw(self, count: int) -> list[int]:
        """The next `count` numbers; fewer only at the end."""
        drawn: list[int] = []
        append, buffer = drawn.append, self._buffer
        refilled = min(count, len(self._new))
        if refilled:
            starts, places = self._places(refilled, self._size)
            for start, place, new in zip(starts, places, self._new, strict=False):
                append(buffer[place])
                buffer[place] = buffer[start]
                buffer[start] = new
            self._new = self._new[refilled:]
        drained = min(count - refilled, self._left)
        if drained:
            left = np.arange(self._left, self._left - drained, -1)
            for start, place in zip(*self._places(drained, left), strict=True):
                append(buffer[place])
                buffer[place] = buffer[start]
            self._left -= drained
        return drawn

    def _places(self, count: int, left: Any) -> tuple[list[int], list[int]]:
        """The buffer's start at each of the next draws, and the place drawn from."""
        starts = self._start + np.arange(count)
        places = (starts + self._random_bits.take(count) % left) % self._size
        starts %= self._size
        self._start = (self._start + count) % self._size
        return starts.tolist(), places.tolist()


class _ShuffledByNumber(ElementIterator):
    """Shuffles the numbers of elements that can be had in any order."""

    __slots__ = (
        "_access", "_at_once", "_drawn", "_draws", "_earlier", "_node", "_position", "_seeds",
    )  # fmt: skip

    def __init__(self, access: RandomAccess, node: ShuffleNode):
        self._access = access
        self._node = node
        self._begin(node.seeds.next())

    def _begin(self, seeds: tuple[int, int]) -> None:
        self._seeds = seeds
        self._draws = _NumberDraws(self._access.size, self._node.size, RandomBits(*seeds))
        self._drawn: list[int] = []
        self._at_once = _FIRST_NUMBERS
        self._earlier = 0
        self._position = 0

    def save(self) -> State:
        return {
            "seeds": list(self._seeds),
            "following": self._node.seeds.save(),
            "drawn": self._earlier + min(self._position, len(self._drawn)),
        }

    def restore(self, state: State) -> None:
        self._begin(tuple(state["seeds"]))
        self._node.seeds.restore(state["following"])
        self._take(state["drawn"])

    def saves_position(self) -> bool:
        return True

    def _ready(self) -> bool:
        """Whether there is a drawn number left; draws more if need be."""
        if self._position >= len(self._drawn):
            self._earlier += len(self._drawn)
            self._drawn = self._draws.draw(self._at_once)
            self._at_once = min(2 * self._at_once, _MAX_NUMBERS)
            self._position = 0
        return bool(self._drawn)

    def __next__(self) -> Element:
        if not self._ready():
            raise StopIteration
        position = self._position
        self._position = position + 1
        return self._access.element(self._drawn[position])

    def batch(self, count: int) -> Batch:
        numbers = self._take(count)
        return len(numbers), self._access.gather(np.array(numbers, np.intp)) if numbers else []

    def skip(self, count: int) -> int:
        return len(self._take(count))

    def _take(self, count: int) -> list[int]:
        numbers: list[int] = []
        while len(numbers) < count and self._ready():
            start = self._position
            self._position = start + count - len(numbers)
            numbers += self._drawn[start : self._position]
        return numbers


def _build_seed_generator(seed: Any, seed2: Any, reshuffle: Any) -> tuple[SeedGenerator, Any]:
    return SeedGenerator(int(seed), int(seed2), bool(reshuffle)), None


def _build(
    source: Any,
    buffer_size: Any,
    seed: Any,
    seed2: Any,
    generator: Any,
    *,
    reshuffle_each_iteration: bool,
) -> Node:
    seeds = generator or SeedGenerator(int(seed), int(seed2), reshuffle_each_iteration)
    return ShuffleNode(node_of(source), int(buffer_size), seeds)


def _build_random_seed_generator(seed: Any, seed2: Any) -> tuple[SeedGenerator, Any]:
    return SeedGenerator(int(seed), int(seed2), reshuffle=True), None


for _name, _kernel, _traits in (
    ("AnonymousSeedGenerator", _build_seed_generator, (NO_EXTERNAL_STATE,)),
    ("AnonymousRandomSeedGenerator", _build_random_seed_generator, ()),
):
    op(
        _name,
        shape=lambda c: [TensorShape([]), TensorShape([])],
        host=_kernel,
        effects=MAKES,
        traits=_traits,
        gradient=NOT_DIFFERENTIABLE,
    )
for _name in ("DeleteSeedGenerator", "DeleteRandomSeedGenerator"):
    op(
        _name,
        shape=lambda c: [],
        host=lambda handle, deleter: (),
        effects=writes("handle"),
        gradient=NOT_DIFFERENTIABLE,
    )
dummy_seed_generator_op = op(
    "DummySeedGenerator",
    shape=scalar,
    host=lambda: None,
    effects=REFERS,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
shuffle_dataset_op = dataset_op("ShuffleDatasetV3", _build)


@transformation("shuffle")
def shuffle(
    self: DatasetV2,
    buffer_size: Any,
    seed: Any = None,
    reshuffle_each_iteration: bool | None = True,
    name: str | None = None,
) -> DatasetV2:
    """Put the elements into random order.

    A buffer holds the next elements of the input, and each element of the result is drawn from it.
    Only a buffer as large as the dataset makes every order equally likely. Elements of
    `from_tensor_slices` and `range` are shuffled by number, without making them.

    Args:
        buffer_size: the number of elements in the buffer.
        seed: an int64 that fixes the order, together with `tf.random.set_seed`.
        reshuffle_each_iteration: take a new order for every iteration.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: `buffer_size` is not positive.

    >>> import tidefall as tf
    >>> sorted(int(x) for x in tf.data.Dataset.range(6).shuffle(6, seed=3))
    [0, 1, 2, 3, 4, 5]
    """
    first, second = get_seeds(seed)
    variant = shuffle_dataset_op(
        self._variant_tensor,
        buffer_size,
        first,
        second,
        dummy_seed_generator_op(),
        reshuffle_each_iteration=reshuffle_each_iteration is not False,
        **self._flat_structure,
    )
    return new_dataset(variant, self.element_spec, [self], shown_name(shuffle_dataset_op))
