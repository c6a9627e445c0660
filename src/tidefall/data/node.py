"""What a pipeline is made of: nodes, and the iterators over their elements.

An element is a list of raw values, one for each flat component: arrays, or the Python objects
behind resources and variants. A node describes a stage and never changes while it is iterated;
all position lives in its iterators, which can tell it (`save`) and take it up again (`restore`).

There are three ways through a pipeline, and every stage takes the best its input allows:

- by number (`Node.random_access`): sources in memory, and what follows them without depending on
  the order, give any element, or many at once, at no cost for those left out;
- by rows (`ElementIterator.rows`): the next n elements as arrays with a dimension in front, which
  stages hand on without ever making single elements;
- one by one (`ElementIterator.__next__`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Any, ClassVar, NoReturn, Protocol, runtime_checkable

import numpy as np

from tidefall.core.errors import InvalidArgumentError, OpError, UnimplementedError
from tidefall.core.shapes import TensorShape
from tidefall.core.tensor import ndarray
from tidefall.data.measure import measured
from tidefall.data.options import Options
from tidefall.data.stages import BY_NUMBER, ONE_BY_ONE, Stage, title_of

INFINITE = -1
UNKNOWN = -2
AUTOTUNE = -1

Element = Sequence[Any]
Rows = tuple[int, list[Any]]
"""A number of elements, and each component of them stacked."""
State = Any
"""Where an iterator stands: None, numbers, strings, bytes, arrays, nodes and optionals of known
elements, and lists and dicts of these."""


class ElementIterator:
    """Gives the elements of a node, one by one or many at a time.

    The two ways may be mixed. A subclass whose elements come from arrays overrides `rows`, so that
    batches are cut out of those arrays and no element is ever made.
    """

    __slots__ = ()

    def __iter__(self) -> ElementIterator:
        return self

    def __next__(self) -> Element:
        """The next element; StopIteration at the end and ever after."""
        raise NotImplementedError(type(self).__name__)

    def rows(self, count: int) -> Rows:
        """The next elements, stacked: at most `count`, fewer only at the end."""
        elements = list(islice(self, count))
        return len(elements), stack(elements)

    def skip(self, count: int) -> int:
        """Drop the next `count` elements; returns how many there were."""
        return sum(1 for _ in islice(self, count))

    def save(self) -> State:
        """Where it stands.

        Raises:
            UnimplementedError: if that cannot be told.
        """
        raise UnimplementedError(
            None,
            None,
            f"The position of {type(self).__name__.strip('_')} in a pipeline cannot be saved.",
        )

    def restore(self, state: State) -> None:
        """Stand where another iterator over the same pipeline stood when it was saved."""
        raise NotImplementedError(type(self).__name__)

    def saves_position(self) -> bool:
        """Whether `save` is quick and its result small: positions, and no elements.

        Stages that read ahead then remember positions, and drop what nobody has taken.
        """
        return False


class RandomAccess:
    """Elements that can be had in any order, by number.

    Attributes:
        size: how many there are.
        by_rows: many at once cost much less each than a single one does.
    """

    __slots__ = ()
    size: int
    by_rows = False

    def element(self, index: int) -> Element:
        """One element."""
        raise NotImplementedError(type(self).__name__)

    def gather(self, indices: np.ndarray) -> list[Any]:
        """The elements with these numbers, stacked."""
        raise NotImplementedError(type(self).__name__)

    def part(self, start: int, end: int) -> list[Any]:
        """The elements `start` to `end`, not included, stacked."""
        return self.gather(np.arange(start, end))


@runtime_checkable
class Stateful(Protocol):
    """What can tell its state and take it up again: iterators, functions with random ops."""

    def save(self) -> State:
        """The state."""

    def restore(self, state: State) -> None:
        """Take up a state."""


class Derived(ElementIterator):
    """An iterator over what it makes of the elements of another one.

    `_kept` names the attributes of a subclass that are its state, besides that of its source.
    """

    __slots__ = ("_source",)
    _kept: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: ElementIterator):
        self._source = source

    def save(self) -> State:
        state = {name: _saved(getattr(self, name)) for name in self._kept}
        state["source"] = self._source.save()
        return state

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        for name in self._kept:
            value = getattr(self, name)
            if isinstance(value, Stateful):
                value.restore(state[name])
            else:
                setattr(self, name, _saved(state[name]))

    def saves_position(self) -> bool:
        return self._source.saves_position()


def _saved(value: Any) -> State:
    if isinstance(value, Stateful):
        return value.save()
    return list(value) if isinstance(value, list) else value


class _Part(RandomAccess):
    """Every `step`-th of the elements from `start` on."""

    __slots__ = ("_source", "_start", "_step", "by_rows", "size")

    def __init__(self, source: RandomAccess, start: int, step: int, size: int):
        self._source = source
        self._start = start
        self._step = step
        self.size = size
        self.by_rows = source.by_rows  # type: ignore[misc]

    def element(self, index: int) -> Element:
        return self._source.element(self._start + index * self._step)

    def gather(self, indices: np.ndarray) -> list[Any]:
        return self._source.gather(self._start + indices * self._step)

    def part(self, start: int, end: int) -> list[Any]:
        if self._step == 1:
            return self._source.part(self._start + start, self._start + end)
        return super().part(start, end)


def part_of(source: RandomAccess, start: int, end: int, step: int = 1) -> RandomAccess:
    """Every `step`-th element from `start` to `end`, not included."""
    return _Part(source, start, step, max(0, -(-(end - start) // step)))


_AT_ONCE = 64
"""How many elements are made together where they are taken one by one."""


class ByNumber(ElementIterator):
    """The elements of a node that has them by number, in order. Its state is one number."""

    __slots__ = ("_access", "_alone", "_made", "_position", "_size")

    def __init__(self, access: RandomAccess):
        self._access = access
        self._size = access.size
        self._position = 0
        self._made: Iterator[Element] | None = None
        self._alone = 0

    def __next__(self) -> Element:
        position = self._position
        if position >= self._size:
            raise StopIteration
        self._position = position + 1
        if not self._access.by_rows:
            return self._access.element(position)
        for element in self._made or ():
            return element
        return self._make(position)

    def _make(self, position: int) -> Element:
        """The element at a position; those after it are kept for the next calls."""
        end = min(position + _AT_ONCE, self._size)
        self._made = None
        if end == position + 1 or position < self._alone:
            return self._access.element(position)
        try:
            columns = self._access.part(position, end)
        except OpError:
            # One of them fails: the others are still to be had.
            self._alone = end
            return self._access.element(position)
        self._made = elements_of(end - position, columns)
        return next(self._made)

    def rows(self, count: int) -> Rows:
        start, self._made = self._position, None
        end = self._position = min(start + count, self._size)
        if end == start:
            return 0, []
        try:
            return end - start, self._access.part(start, end)
        except OpError:
            # The error of the first element that fails, and the position behind that one.
            return end - start, stack(list(self._one_by_one(start, end)))

    def _one_by_one(self, start: int, end: int) -> Iterator[Element]:
        for i in range(start, end):
            self._position = i + 1
            yield self._access.element(i)

    def skip(self, count: int) -> int:
        start = self._position
        self._position = min(start + count, self._size)
        self._made = None
        return self._position - start

    def save(self) -> State:
        return self._position

    def restore(self, state: State) -> None:
        self._position = state
        self._made = None

    def saves_position(self) -> bool:
        return True


def elements_of(count: int, columns: Sequence[Any]) -> Iterator[Element]:
    """The single elements of stacked ones."""
    for i in range(count):
        yield [column[i, ...] for column in columns]


class Restartable(Protocol):
    """A function of the user's, which has state that belongs to one iterator."""

    @property
    def described(self) -> str:
        """Its name, and where it was written."""
        ...

    def restart(self) -> None:
        """Forget the state: another iterator begins."""


class Node:
    """One stage of a pipeline: the value of a dataset's variant tensor.

    Attributes:
        inputs: the nodes it takes elements from.
        functions: the user's functions it runs.
        options: options for the whole pipeline that are set here.
        shapes: static shapes of the components of an element, where they are known.
    """

    inputs: tuple[Node, ...] = ()
    functions: tuple[Restartable, ...] = ()
    options: Options | None = None
    shapes: Sequence[TensorShape] | None = None
    is_transparent: ClassVar[bool] = False
    """Its iterator is its input's."""
    tuning: ClassVar[tuple[str, ...]] = ()
    """Attributes that say how elements are made, not which: a saved state does not depend on
    them."""
    replayed: ClassVar[str] = ""
    """The op of a source that cannot be saved, and is run up to the same place again."""
    per_call = True
    """Traces of functions do not keep the datasets they were traced with."""

    def make_iterator(self) -> ElementIterator:
        """A new iterator, at the beginning. Nodes without random access say which."""
        access = self.random_access()
        if access is None:
            raise NotImplementedError(type(self).__name__)
        return ByNumber(access)

    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    def random_access(self) -> RandomAccess | None:
        """The elements by number, where that costs no more than one after the other."""
        return None

    title = ""
    """The method of Dataset it stands for; by default the name of the class tells."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "title" not in cls.__dict__:
            cls.title = title_of(cls.__name__)
        for name in ("make_iterator", "random_access"):
            if name in cls.__dict__:
                setattr(cls, name, measured(cls.__dict__[name]))

    def describe(self, asked: str) -> Stage:
        """How it runs, for `Dataset.explain`.

        Args:
            asked: how elements are asked for: `BY_NUMBER`, `BY_ROWS` or `ONE_BY_ONE`.
        """
        if self.random_access() is not None:
            return Stage(BY_NUMBER, BY_NUMBER)
        return Stage(ONE_BY_ONE)

    def advice(self) -> str:
        """What may help if it is this stage that takes the time."""
        return ""

    def describe_passing(self, asked: str, **arguments: Any) -> Stage:
        """The same for a stage that asks its inputs as it is asked itself."""
        if self.random_access() is not None:
            asked = BY_NUMBER
        return Stage(asked, asked, arguments)

    def restart(self) -> None:
        """Prepare for an iterator over the whole pipeline."""
        for function in self.functions:
            function.restart()
        for node in self.inputs:
            node.restart()

    def with_inputs(self, inputs: Sequence[Node]) -> Node:
        """The same stage over other inputs. What iterators share is not shared with it."""
        node = copy(self)
        node.inputs = tuple(inputs)
        node.__dict__.pop("settings", None)
        return node

    def save_shared(self) -> State:
        """The state that all iterators share, here and in the inputs: random streams and seeds.

        Open iterators save what they use; this is for stages whose iterator is not open.
        """
        functions = [one.save() for one in self.functions if isinstance(one, Stateful)]
        return [functions, [node.save_shared() for node in self.inputs]]

    def restore_shared(self, state: State) -> None:
        """Take up what `save_shared` told."""
        functions = [one for one in self.functions if isinstance(one, Stateful)]
        for function, saved in zip(functions, state[0], strict=True):
            function.restore(saved)
        for node, saved in zip(self.inputs, state[1], strict=True):
            node.restore_shared(saved)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def stack(elements: Sequence[Element]) -> list[Any]:
    """The components of elements, each stacked along a new first dimension.

    Raises:
        InvalidArgumentError: if the elements differ in shape.
    """
    return [stack_values(column, i) for i, column in enumerate(zip(*elements, strict=True))]


def stack_values(values: Sequence[Any], component: int) -> np.ndarray:
    """One component of several elements as one array."""
    first = values[0]
    if type(first) is not ndarray:
        return _stack_objects(values)
    shape = first.shape
    for value in values:
        if value.shape != shape:
            _differing_shapes(values, component)
    if shape:
        return np.concatenate(values).reshape(len(values), *shape)
    if first.dtype == object:
        return _stack_objects([value[()] for value in values])
    return np.array(values, first.dtype)


def _stack_objects(values: Sequence[Any]) -> np.ndarray:
    stacked = np.empty(len(values), object)
    stacked[:] = values
    return stacked


def _differing_shapes(values: Sequence[Any], component: int) -> None:
    shape = values[0].shape
    position = next(i for i, value in enumerate(values) if value.shape != shape)
    raise InvalidArgumentError(
        None,
        None,
        f"Cannot batch tensors with different shapes in component {component}. First element had "
        f"shape {list(shape)} and element {position} had shape {list(values[position].shape)}.",
    )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Rows that follow one another as one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(arrays for _, arrays in parts), strict=True)
    joined = []
    for i, column in enumerate(columns):
        if any(array.shape[1:] != column[0].shape[1:] for array in column):
            _differing_shapes([array[0] for array in column], i)
        joined.append(np.concatenate(column))
    return sum(count for count, _ in parts), joined


class ChainedIterator(ElementIterator):
    """The elements of one iterator after another; a subclass says which."""

    __slots__ = ("_current",)

    def __init__(self) -> None:
        self._current: ElementIterator | None = None

    def _open(self) -> ElementIterator:
        """The next iterator; StopIteration when there is none, now and ever after."""
        raise NotImplementedError(type(self).__name__)

    def _save_outer(self) -> State:
        """Which iterators are behind, and which one is open."""
        raise NotImplementedError(type(self).__name__)

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        """Stand where `_save_outer` was called; returns the open iterator, at its beginning."""
        raise NotImplementedError(type(self).__name__)

    def __next__(self) -> Element:
        while True:
            if self._current is None:
                self._current = self._open()
            try:
                return next(self._current)
            except StopIteration:
                self._current = None
            except OpError as error:
                self._raise(error)

    def _raise(self, error: OpError) -> NoReturn:
        """Raise an error of the open iterator; a subclass tells what that was made from."""
        raise error

    def rows(self, count: int) -> Rows:
        parts: list[Rows] = []
        while count > 0:
            if self._current is None:
                try:
                    self._current = self._open()
                except StopIteration:
                    break
            try:
                part = self._current.rows(count)
            except OpError as error:
                self._raise(error)
            if part[0]:
                parts.append(part)
            if part[0] < count:
                self._current = None
            count -= part[0]
        return join_rows(parts) if parts else (0, [])

    def save(self) -> State:
        current = self._current
        inner = None if current is None else [current.save()]
        return {"outer": self._save_outer(), "inner": inner}

    def restore(self, state: State) -> None:
        inner = state["inner"]
        self._current = self._restore_outer(state["outer"], inner is not None)
        if inner is not None:
            assert self._current is not None
            self._current.restore(inner[0])


class Opened:
    """An iterator that was made from an element of a source, which it can be made from again.

    Args:
        source: gives the element.
        make: makes an iterator of it.

    Raises:
        StopIteration: the source has no more elements.
    """

    __slots__ = ("_before", "_element", "iterator")

    def __init__(self, source: ElementIterator, make: Callable[[Element], ElementIterator]):
        self._before = [source.save()] if source.saves_position() else None
        element = next(source)
        self._element = element if self._before is None else None
        self.iterator = make(element)

    def save(self) -> State:
        """The element or how to get it, and where the iterator stands."""
        return {**self.origin(), "at": self.iterator.save()}

    def origin(self) -> State:
        """The element, or how to get it."""
        return {"before": self._before, "element": self._element}

    @classmethod
    def again(
        cls, state: State, source: ElementIterator, make: Callable[[Element], ElementIterator]
    ) -> Opened:
        """What was saved, from the same source; it stands where it stood before this call."""
        opened = cls.__new__(cls)
        opened._before, opened._element = state["before"], state["element"]
        element = state["element"]
        if opened._before is not None:
            now = source.save()
            source.restore(opened._before[0])
            element = next(source)
            source.restore(now)
        opened.iterator = make(element)
        if "at" in state:
            opened.iterator.restore(state["at"])
        return opened


class NestedIterator(ChainedIterator):
    """The elements of iterators that are made, one after another, from elements of a source."""

    __slots__ = ("_opened", "_source")

    def __init__(self, source: ElementIterator):
        super().__init__()
        self._source = source
        self._opened: Opened | None = None

    def _make(self, element: Element) -> ElementIterator:
        """The iterator for an element."""
        raise NotImplementedError(type(self).__name__)

    def _open(self) -> ElementIterator:
        self._opened = Opened(self._source, self._make)
        return self._opened.iterator

    def _save_outer(self) -> State:
        opened = None if self._current is None or self._opened is None else self._opened.origin()
        return {"source": self._source.save(), "opened": opened}

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        self._source.restore(state["source"])
        if not is_open:
            return None
        self._opened = Opened.again(state["opened"], self._source, self._make)
        return self._opened.iterator

    def saves_position(self) -> bool:
        current = self._current
        return self._source.saves_position() and (current is None or current.saves_position())
