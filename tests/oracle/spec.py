"""Op records: one line says which public function to call with which arguments.

Each file `cases/<family>.py` holds a list `CASES`. `record.py` runs it on real TensorFlow and
stores what came out; `test_records.py` runs it on Tidefall, eagerly, on the host executor and
compiled, and compares values, dtypes, static shapes, gradients and error classes.

    from tests.oracle.spec import T, FLOATS, case, cases, const, f32, ints, program, raises, var

    CASES = [
        case("math.add", f32(2, 3), f32(3), grad=True, grad2=True),
        case("math.cumsum", f32(2, 3), axis=1, reverse=True, grad=True),   # keywords pass through
        case("reshape", f32(2, 3), const([3, -1], "int32")),    # a constant: known when compiling
        case("concat", [f32(2, 3), f32(1, 3)], 0, grad=True),   # nests of arguments
        case("cast", f32(3), "int32"),                          # dtypes are strings
        case("raw_ops.SqrtGrad", y=positive(3), dy=f32(3)),
        *cases(["math.sin", "math.cos"], [T(2, 3)], [T(0)], dtypes=FLOATS, grad=True),
        program("getitem-last", lambda tf, x: x[..., -1], f32(2, 3), grad=True),
        raises("math.add", f32(2), f32(3), error="InvalidArgumentError", match="Incompatible"),
    ]

An argument made by a generator (`f32`, `ints`, `T`, ...) becomes a tensor and, in a `tf.function`,
an input of the traced function; `const(...)` becomes a constant inside it; `var(...)` a
`tf.Variable`; anything else is passed as it is. The numbers depend only on the record's id and the
argument's place, so they are the same in every process.

This module imports NumPy alone: it is loaded beside TensorFlow and beside Tidefall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

EXECUTORS = ("eager", "host", "xla")
HALVES = ("float16", "bfloat16")
FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
INTS = ("int32", "int64")
SMALL_INTS = ("int8", "int16", "uint8", "uint16")
NUMBERS = (*FLOATS, *INTS)
ALL_NUMBERS = (*HALVES, *FLOATS, *COMPLEX, *INTS, *SMALL_INTS, "uint32", "uint64")

_SHORT = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16"}


# ---- arguments ----


@dataclass(frozen=True)
class Gen:
    """An argument to be: a tensor of random numbers of one dtype, shape and range.

    Numbers are uniform in `low..high` (integers: `high` excluded). `kind` "distinct" gives a
    shuffled, evenly spaced range instead, for ops where ties would make the answer ambiguous.
    """

    shape: tuple[int, ...]
    dtype: str | None = "float32"
    low: float | None = None
    high: float | None = None
    kind: str = "uniform"

    def __repr__(self) -> str:
        parts = [str(d) for d in self.shape]
        if self.kind != "uniform":
            parts.append(self.kind)
        if self.low is not None or self.high is not None:
            parts.append(f"{self.low}..{self.high}")
        return f"{_SHORT.get(self.dtype or 'T', self.dtype or 'T')}({','.join(parts)})"

    def make(self, seed: str) -> np.ndarray:
        """The array, in NumPy's dtype; bfloat16 comes as float32 already rounded to it."""
        assert self.dtype is not None, "T(...) needs cases(..., dtypes=...)"
        rng = _rng(seed)
        count = int(np.prod(self.shape))
        if self.dtype == "string":
            words = [b"", b"a", b"tide", b"Falling Water", "höhe".encode(), b"x\x00y", b" b "]
            picked = rng.integers(0, len(words), count)
            return _objects([words[i] for i in picked]).reshape(self.shape)
        if self.dtype == "bool":
            return rng.integers(0, 2, self.shape).astype(bool)
        if self.dtype.startswith(("int", "uint")):
            return self._ints(rng, count)
        if self.dtype.startswith("complex"):
            real, imaginary = self._floats(rng, count), self._floats(rng, count)
            return (real + 1j * imaginary).astype(self.dtype).reshape(self.shape)
        return round_to(self._floats(rng, count).reshape(self.shape), self.dtype)

    def _floats(self, rng: np.random.Generator, count: int) -> np.ndarray:
        low = -1.0 if self.low is None else self.low
        high = 1.0 if self.high is None else self.high
        if self.kind == "distinct":
            return rng.permutation(np.linspace(low, high, count)) if count else np.zeros(0)
        return rng.uniform(low, high, count)

    def _ints(self, rng: np.random.Generator, count: int) -> np.ndarray:
        unsigned = self.dtype is not None and self.dtype.startswith("uint")
        low = int((0 if unsigned else -9) if self.low is None else self.low)
        high = int(10 if self.high is None else self.high)
        if self.kind == "distinct":
            drawn = rng.permutation(np.arange(low, low + count))
        else:
            drawn = rng.integers(low, high, count)
        return drawn.astype(self.dtype).reshape(self.shape)


def T(*shape: int, low: float | None = None, high: float | None = None) -> Gen:
    """Numbers of the dtype that `cases(..., dtypes=...)` fills in."""
    return Gen(shape, None, low, high)


def values(*shape: int, dtype: str, low: float | None = None, high: float | None = None) -> Gen:
    """Numbers (or bools, or strings) of any dtype."""
    return Gen(shape, dtype, low, high)


def f32(*shape: int, low: float | None = None, high: float | None = None) -> Gen:
    """float32 numbers, uniform in -1..1 unless told otherwise."""
    return Gen(shape, "float32", low, high)


def f64(*shape: int, low: float | None = None, high: float | None = None) -> Gen:
    """float64 numbers, uniform in -1..1 unless told otherwise."""
    return Gen(shape, "float64", low, high)


def positive(*shape: int, dtype: str | None = "float32", high: float = 3.0) -> Gen:
    """Numbers from 0.1 up, for logarithms, roots and divisors; dtype=None to be filled in."""
    return Gen(shape, dtype, 0.1, high)


def distinct(
    *shape: int, dtype: str | None = "float32", low: float | None = None, high: float | None = None
) -> Gen:
    """Numbers without ties, in random order: for maxima, sorting, pooling."""
    return Gen(shape, dtype, low, high, "distinct")


def ints(*shape: int, low: int | None = None, high: int | None = None, dtype: str = "int32") -> Gen:
    """Integers from `low` (default -9, unsigned 0) to below `high` (default 10)."""
    return Gen(shape, dtype, low, high)


def bools(*shape: int) -> Gen:
    """Booleans."""
    return Gen(shape, "bool")


def complex64(*shape: int) -> Gen:
    """complex64 numbers with both parts in -1..1."""
    return Gen(shape, "complex64")


def strings(*shape: int) -> Gen:
    """Byte strings, some empty, some not ASCII."""
    return Gen(shape, "string")


@dataclass(frozen=True)
class Given:
    """A tensor of given values: `const` inside the traced function, `tensor` an input of it."""

    value: Any
    dtype: str | None
    fed: bool

    def __repr__(self) -> str:
        text = repr(self.value.tolist() if isinstance(self.value, np.ndarray) else self.value)
        dtype = f":{_SHORT.get(self.dtype, self.dtype)}" if self.dtype else ""
        return ("tensor" if self.fed else "") + text.replace(" ", "") + dtype

    def make(self, seed: str) -> np.ndarray:
        """The array."""
        if self.dtype == "string":
            flat = np.array(self.value, object)
            return _objects([_bytes(v) for v in flat.ravel()]).reshape(flat.shape)
        if self.dtype is None:
            array = np.array(self.value)
            default = {"f": np.float32, "i": np.int32}.get(array.dtype.kind)
            return (
                array
                if default is None or isinstance(self.value, np.ndarray)
                else array.astype(default)
            )
        array = np.array(self.value)
        return round_to(array, self.dtype) if self.dtype == "bfloat16" else array.astype(self.dtype)


def const(value: Any, dtype: str | None = None) -> Given:
    """A constant: `tf.constant(value, dtype)` made where the function is called."""
    return Given(value, dtype, fed=False)


def tensor(value: Any, dtype: str | None = None) -> Given:
    """A tensor of chosen values, an input of the traced function (integers are int32)."""
    if dtype is None and np.array(value).dtype.kind in "SU":
        dtype = "string"
    return Given(value, dtype, fed=True)


@dataclass(frozen=True)
class Var:
    """A `tf.Variable` with the given initial value."""

    value: Gen | Given

    def __repr__(self) -> str:
        return f"var {self.value!r}"


def var(value: Gen | Given) -> Var:
    """A `tf.Variable` holding what the generator makes."""
    return Var(value)


@dataclass(frozen=True)
class Composite:
    """A tensor of several parts: kind "ragged", "sparse" or "slices"."""

    kind: str
    parts: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.kind}({','.join(map(repr, self.parts))})"


def ragged(flat_values: Any, *row_splits: Sequence[int]) -> Composite:
    """`tf.RaggedTensor` of `flat_values` cut by one or more row splits, outermost first."""
    return Composite("ragged", (flat_values, *[tensor(list(s), "int64") for s in row_splits]))


def sparse(indices: Any, entries: Any, dense_shape: Sequence[int]) -> Composite:
    """`tf.SparseTensor(indices, entries, dense_shape)`."""
    return Composite(
        "sparse", (tensor(indices, "int64"), entries, tensor(list(dense_shape), "int64"))
    )


def slices(entries: Any, indices: Any, dense_shape: Sequence[int]) -> Composite:
    """`tf.IndexedSlices(entries, indices, dense_shape)`."""
    return Composite(
        "slices", (entries, tensor(indices, "int32"), const(list(dense_shape), "int32"))
    )


# ---- records ----


@dataclass(frozen=True)
class Case:
    """One record; made by `case`, `program` or `raises`.

    Attributes:
        id: readable, the key of what was recorded; see `unique`.
        name: public name under `tf`, such as "math.add", for messages.
        function: called with `tf` and the arguments, instead of the public name.
        args, kwargs: arguments, nests of generators and plain values.
        grad: True for the gradient of every floating-point tensor argument; or the positions and
            keywords of the arguments to differentiate.
        grad2: also the second-order gradient.
        rtol, atol: tolerances; None for those of the dtype.
        executors: which of "eager", "host", "xla" to try.
        compare: "values", or "shapes" for random results: dtypes and shapes only.
        shapes: "specific" - the inferred static shape says at least what TensorFlow's says;
            "compatible" - it does not contradict it.
        raises: True when the call must fail.
        error: class name of the error, if the author wants to say it; recorded anyway.
        match: regular expression that Tidefall's message must contain.
    """

    id: str
    name: str
    function: Callable[..., Any] | None = None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    grad: bool | tuple[int | str, ...] = False
    grad2: bool = False
    rtol: float | None = None
    atol: float | None = None
    executors: tuple[str, ...] = EXECUTORS
    compare: str = "values"
    shapes: str = "specific"
    raises: bool = False
    error: str | None = None
    match: str | None = None


_OPTIONS = frozenset(
    ("grad", "grad2", "rtol", "atol", "executors", "compare", "shapes", "error", "match")
)


def case(
    name: str, *args: Any, label: str | None = None, kwargs: Any = None, **options: Any
) -> Case:
    """A call of `tf.<name>` whose results are recorded.

    Args:
        name: public name, such as "math.add" or "raw_ops.ReluGrad".
        *args: positional arguments.
        label: added to the id, to tell apart records with the same arguments.
        kwargs: keyword arguments that are also names of options (`grad`, `shapes`, ...).
        **options: fields of `Case`; every other keyword is passed to the function.
    """
    own = {k: options.pop(k) for k in list(options) if k in _OPTIONS}
    return _make(name, None, args, {**options, **(kwargs or {})}, label, own)


def program(label: str, function: Callable[..., Any], *args: Any, **options: Any) -> Case:
    """A function of `tf` and the arguments, for what is not one call: slicing, operators, loops."""
    own = {k: options.pop(k) for k in list(options) if k in _OPTIONS | {"raises"}}
    return _make(label, function, args, options, None, own)


def raises(
    name: str, *args: Any, label: str | None = None, kwargs: Any = None, **options: Any
) -> Case:
    """A call that must fail, with the class of error that TensorFlow raises eagerly.

    Checked eagerly; `executors=("eager", "host")` also checks the class raised by a `tf.function`.
    """
    own = {k: options.pop(k) for k in list(options) if k in _OPTIONS}
    own = {"executors": ("eager",), **own, "raises": True}
    label = f"raises {label}" if label else "raises"
    return _make(name, None, args, {**options, **(kwargs or {})}, label, own)


def cases(
    names: str | Sequence[str],
    *argument_lists: Sequence[Any],
    dtypes: Sequence[str] = ("float32",),
    **options: Any,
) -> list[Case]:
    """Every name with every argument list in every dtype: `T(...)` stands for the dtype.

    >>> cases("math.add", [T(2, 3), T(3)], [T(0), T(0)], dtypes=("float32", "int32"))
    """
    made = []
    for name in (names,) if isinstance(names, str) else names:
        for arguments in argument_lists:
            for dtype in dtypes:
                filled = map_args(lambda leaf, path, t=dtype: fill(leaf, t), list(arguments))
                keywords = map_args(lambda leaf, path, t=dtype: fill(leaf, t), options)
                made.append(case(name, *filled, **keywords))
    return made


def _make(name: str, function: Any, args: Any, kwargs: Any, label: Any, own: Any) -> Case:
    for key in ("grad", "executors"):
        if isinstance(own.get(key), list):
            own[key] = tuple(own[key])
    shown = [_text(a) for a in args] + [f"{k}={_text(v)}" for k, v in kwargs.items()]
    ident = f"{name}({','.join(shown)})" + (f" {label}" if label else "")
    if len(ident) > 120:
        ident = f"{ident[:108]}~{hashlib.sha256(ident.encode()).hexdigest()[:8]}"
    return Case(ident, name, function, tuple(args), dict(kwargs), **own)


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.tolist()}".replace(" ", "")
    return repr(value).replace(" ", "") if not isinstance(value, (Gen, Given, Var)) else repr(value)


def fill(leaf: Any, dtype: str) -> Any:
    """A generator with its dtype filled in, where it has none."""
    if isinstance(leaf, Gen) and leaf.dtype is None:
        return replace(leaf, dtype=dtype)
    if isinstance(leaf, Var):
        return Var(fill(leaf.value, dtype))
    if isinstance(leaf, Composite):
        return Composite(leaf.kind, tuple(fill(p, dtype) for p in leaf.parts))
    return leaf


# ---- walking arguments ----


def map_args(function: Callable[[Any, tuple[Any, ...]], Any], nest: Any, path: Any = ()) -> Any:
    """Replace every leaf of nested lists, tuples and dicts by `function(leaf, path)`."""
    if isinstance(nest, list):
        return [map_args(function, v, (*path, i)) for i, v in enumerate(nest)]
    if type(nest) is tuple:
        return tuple(map_args(function, v, (*path, i)) for i, v in enumerate(nest))
    if isinstance(nest, dict):
        return {k: map_args(function, v, (*path, k)) for k, v in nest.items()}
    return function(nest, path)


def fed_leaves(record: Case) -> Iterator[tuple[tuple[Any, ...], Gen | Given | Var]]:
    """Paths and generators of the tensors and variables that a record's call is fed with."""
    found: list[Any] = []

    def visit(leaf: Any, path: tuple[Any, ...]) -> None:
        if isinstance(leaf, (Gen, Var)) or (isinstance(leaf, Given) and leaf.fed):
            found.append((path, leaf))
        elif isinstance(leaf, Composite):
            for i, part in enumerate(leaf.parts):
                visit(part, (*path, i))

    map_args(visit, {**dict(enumerate(record.args)), **record.kwargs})
    return iter(found)


def make_leaf(record: Case, leaf: Gen | Given | Var, path: tuple[Any, ...]) -> np.ndarray:
    """The array for one argument of a record."""
    source = leaf.value if isinstance(leaf, Var) else leaf
    return source.make(f"{record.id}|{'/'.join(map(str, path))}")


def leaf_dtype(leaf: Gen | Given | Var) -> str:
    """TensorFlow's name of the dtype of an argument."""
    source = leaf.value if isinstance(leaf, Var) else leaf
    if source.dtype is not None:
        return source.dtype
    array = source.make("")
    return "string" if array.dtype == object else array.dtype.name


def weights(record: Case, shape: Sequence[int], dtype: str, tag: str) -> np.ndarray:
    """Fixed numbers that an output is multiplied with to make gradients tell positions apart."""
    return Gen(tuple(shape), dtype).make(f"{record.id}|weight|{tag}")


def unique(records: Iterable[Case]) -> list[Case]:
    """The records of one family; a second one of the same id is called `... #2`."""
    found: list[Case] = []
    counts: dict[str, int] = {}
    for record in records:
        count = counts[record.id] = counts.get(record.id, 0) + 1
        found.append(record if count == 1 else replace(record, id=f"{record.id} #{count}"))
    return found


# ---- numbers ----


def _rng(seed: str) -> np.random.Generator:
    digest = hashlib.sha256(seed.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))


def round_to(array: np.ndarray, dtype: str) -> np.ndarray:
    """Round to a floating-point dtype; bfloat16, which NumPy lacks, stays in float32."""
    if dtype != "bfloat16":
        return array.astype(dtype)
    bits = array.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def _objects(items: list[bytes]) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
