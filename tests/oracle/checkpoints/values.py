"""Values: every dtype and shape, names, generators, tables, state of Python, shards' contents."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.checkpoints.scenario import Run, alone, pair

DTYPES = [
    "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64", "bool", "complex64", "complex128", "string", "float8_e5m2", "float8_e4m3fn",
    "int4", "uint4",
]  # fmt: skip


def _of_every_dtype(s: Run, numbers: Any) -> dict[str, Any]:
    made = {}
    for name in DTYPES:
        dtype = getattr(s.tf, name, None) or getattr(s.tf.dtypes.experimental, name, None)
        if dtype is None:
            continue
        if name == "string":
            made[name] = s.tf.Variable([str(n) for n in numbers])
            continue
        value = np.array(numbers).astype(dtype.as_numpy_dtype)
        variable = s.attempt(f"variable of {name}", lambda v=value: s.tf.Variable(v))
        if variable is not None:
            made[name] = variable
    return made


@pair
class every_dtype:
    def save(s: Run) -> None:
        made = _of_every_dtype(s, [0, 1, 1])
        s.tf.train.Checkpoint(**made).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        made = _of_every_dtype(s, [0, 0, 0])
        s.tf.train.Checkpoint(**made).read(s.path()).assert_consumed()
        for name, variable in made.items():
            s.log(name, variable)


@pair
class strings:
    TEXTS = ("", "abc", "ä☃\U0001f600", "x" * 300, "\0\n", "y" * 70000)

    def save(s: Run) -> None:
        s.tf.train.Checkpoint(
            v=s.tf.Variable(list(strings.TEXTS)),
            m=s.tf.Variable([["a", "b"], ["c", ""]]),
            b=s.tf.Variable(s.tf.constant(b"\xff\xfe")),
            none=s.tf.Variable(s.tf.zeros([0], s.tf.string)),
        ).write(s.path())

    def load(s: Run) -> None:
        v, m = s.tf.Variable([""] * 6), s.tf.Variable([["", ""], ["", ""]])
        b, none = s.tf.Variable(""), s.tf.Variable(s.tf.zeros([0], s.tf.string))
        s.tf.train.Checkpoint(v=v, m=m, b=b, none=none).read(s.path()).assert_consumed()
        s.log("values", [v, m, b, none])


SHAPES: list[tuple[int, ...]] = [(), (0,), (0, 3), (1, 1, 1, 0), (1,), (2, 3, 4), (1,) * 7]


@pair
class shapes:
    def save(s: Run) -> None:
        made = [s.tf.Variable(np.full(shape, 2.5, np.float32)) for shape in SHAPES]
        s.tf.train.Checkpoint(v=made).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        made = [s.tf.Variable(np.zeros(shape, np.float32)) for shape in SHAPES]
        s.tf.train.Checkpoint(v=made).read(s.path()).assert_consumed()
        s.log("values", made)


@pair
class many:
    """The index takes several blocks."""

    def save(s: Run) -> None:
        made = {f"variable_with_a_long_name_{i:04d}" * 3: s.tf.Variable(i) for i in range(1500)}
        s.tf.train.Checkpoint(d=made).write(s.path())
        s.log("count", len(s.tf.train.list_variables(s.path())))

    def load(s: Run) -> None:
        made = {f"variable_with_a_long_name_{i:04d}" * 3: s.tf.Variable(0) for i in range(1500)}
        s.tf.train.Checkpoint(d=made).read(s.path()).assert_consumed()
        s.log("sum", sum(int(v.numpy()) for v in made.values()))


ODD_NAMES = ["a/b", "a.b", "..", "/", " ", "ä", "a\\b", "OBJECT_CONFIG_JSON", ".S"]


@pair
class odd_names:
    def save(s: Run) -> None:
        made = {name: s.tf.Variable(float(i)) for i, name in enumerate(ODD_NAMES)}
        s.tf.train.Checkpoint(d=made).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        made = {name: s.tf.Variable(-1.0) for name in ODD_NAMES}
        s.tf.train.Checkpoint(d=made).read(s.path()).assert_consumed()
        s.log("values", made)


@pair
class random_generators:
    def save(s: Run) -> None:
        kinds = [s.tf.random.Generator.from_seed(7, alg=alg) for alg in ("philox", "threefry")]
        kinds[0].skip(3)
        s.tf.train.Checkpoint(g=kinds).write(s.path())
        s.names("names", s.path())
        s.log("next", [g.uniform([3], 0, 1000, s.tf.int32) for g in kinds[:1]])

    def load(s: Run) -> None:
        kinds = [s.tf.random.Generator.from_seed(1, alg=alg) for alg in ("philox", "threefry")]
        s.tf.train.Checkpoint(g=kinds).read(s.path()).assert_consumed()
        s.log("state", [g.state for g in kinds])
        s.log("next", [g.uniform([3], 0, 1000, s.tf.int32) for g in kinds[:1]])


def _tables(s: Run) -> dict[str, Any]:
    tables = s.tf.lookup.experimental
    return {
        "text": tables.MutableHashTable(s.tf.string, s.tf.int64, -1),
        "vector": tables.MutableHashTable(s.tf.int64, s.tf.float32, [0.0, 0.0]),
        "dense": tables.DenseHashTable(
            s.tf.int64, s.tf.float32, -1.0, empty_key=-1, deleted_key=-2, initial_num_buckets=8
        ),
        "strings": tables.DenseHashTable(
            s.tf.string, s.tf.int64, -1, empty_key="", deleted_key="gone"
        ),
        "vectors": tables.DenseHashTable(
            s.tf.int64,
            s.tf.int64,
            [-1, -1],
            empty_key=[-1, -1],
            deleted_key=[-2, -2],
            initial_num_buckets=32,
        ),
        "not_saved": tables.MutableHashTable(s.tf.string, s.tf.int64, -1, checkpoint=False),
        "empty": tables.MutableHashTable(s.tf.string, s.tf.int64, -1),
    }


def _look(s: Run, tables: dict[str, Any]) -> None:
    s.log("text", tables["text"].lookup(s.tf.constant(["a", "b", "c"])))
    s.log("vector", tables["vector"].lookup(s.tf.constant([1, 2], s.tf.int64)))
    s.log("dense", tables["dense"].lookup(s.tf.constant([5, 6, 7], s.tf.int64)))
    s.log("strings", tables["strings"].lookup(s.tf.constant(["k", "j"])))
    s.log("vectors", tables["vectors"].lookup(s.tf.constant(PAIRS[::3], s.tf.int64)))
    s.log("sizes", {name: table.size() for name, table in tables.items()})


PAIRS = [[i * 7, -3 - i] for i in range(20)]


@pair
class tables:
    def save(s: Run) -> None:
        made = _tables(s)
        made["text"].insert(["a", "b"], s.tf.constant([1, 2], s.tf.int64))
        made["vector"].insert(s.tf.constant([1], s.tf.int64), [[1.0, 2.0]])
        made["dense"].insert(s.tf.constant([5, 6], s.tf.int64), [0.5, 0.25])
        made["dense"].erase(s.tf.constant([6], s.tf.int64))
        made["strings"].insert(["k"], s.tf.constant([4], s.tf.int64))
        pairs = s.tf.constant(PAIRS, s.tf.int64)
        made["vectors"].insert(pairs, pairs * 2)
        made["not_saved"].insert(["a"], s.tf.constant([1], s.tf.int64))
        s.tf.train.Checkpoint(**made).write(s.path())
        reader = s.tf.train.load_checkpoint(s.path())
        s.log("names", sorted(reader.get_variable_to_dtype_map()))
        _look(s, made)

    def load(s: Run) -> None:
        made = _tables(s)
        made["text"].insert(["c"], s.tf.constant([3], s.tf.int64))
        made["dense"].insert(s.tf.constant([7], s.tf.int64), [1.0])
        status = s.tf.train.Checkpoint(**made).read(s.path())
        s.attempt("consumed", status.assert_consumed)
        _look(s, made)


@pair
class static_tables:
    """Their entries are not in checkpoints."""

    def _build(s: Run) -> Any:
        keys = s.tf.lookup.KeyValueTensorInitializer(["a", "b"], s.tf.constant([1, 2], s.tf.int64))
        return s.tf.train.Checkpoint(
            t=s.tf.lookup.StaticHashTable(keys, -1), v=s.tf.Variable(1.0),
            w=s.tf.lookup.StaticVocabularyTable(keys, 2),
        )  # fmt: skip

    def save(s: Run) -> None:
        static_tables._build(s).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        status = static_tables._build(s).read(s.path())
        s.attempt("consumed", status.assert_consumed)
        s.attempt("existing", status.assert_existing_objects_matched)


def _words(s: Run) -> Any:
    class Words(s.tf.train.experimental.PythonState):
        def __init__(self, words: list[str]):
            self.words = words

        def serialize(self) -> str:
            return ",".join(self.words)

        def deserialize(self, string_value: Any) -> None:
            text = string_value if isinstance(string_value, str) else string_value.decode()
            self.words = text.split(",")

    return Words


@pair
class python_state:
    def save(s: Run) -> None:
        words = _words(s)(["a", "ä"])
        checkpoint = s.tf.train.Checkpoint(w=words, v=s.tf.Variable(1.0))
        checkpoint.write(s.path())
        words.words.append("late")
        s.names("names", s.path())

    def load(s: Run) -> None:
        words = _words(s)([])
        checkpoint = s.tf.train.Checkpoint(w=words, v=s.tf.Variable(0.0))
        checkpoint.read(s.path()).assert_consumed()
        s.log("words", words.words)


@pair
class python_state_later:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(w=_words(s)(["a", "b"])).write(s.path())

    def load(s: Run) -> None:
        checkpoint = s.tf.train.Checkpoint()
        status = checkpoint.read(s.path())
        s.attempt("early", status.assert_consumed)
        checkpoint.w = _words(s)([])
        s.log("words", checkpoint.w.words)
        s.attempt("late", status.assert_consumed)


@pair
class shape_changed:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(v=s.tf.Variable([1.0, 2.0]), w=s.tf.Variable([3.0])).write(s.path())

    def load(s: Run) -> None:
        for shape in ([3], [1, 2], [2, 1], []):
            checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(np.zeros(shape, np.float32)))
            s.attempt(str(shape), lambda c=checkpoint: c.read(s.path()), "shape")
        for shape in (None, [None]):
            v = s.tf.Variable([0.0], shape=s.tf.TensorShape(shape))
            s.tf.train.Checkpoint(v=v).read(s.path()).expect_partial()
            s.log(f"open {shape}", v)


@pair
class dtype_changed:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(v=s.tf.Variable([1.0, 2.0])).write(s.path())

    def load(s: Run) -> None:
        for dtype in ("float64", "int32", "bfloat16", "string"):
            zeros = s.tf.zeros([2], dtype)
            checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(zeros))
            s.attempt(dtype, lambda c=checkpoint: c.read(s.path()))


@alone
def readers(s: Run) -> None:
    tf = s.tf
    s.tf.train.Checkpoint(
        v=tf.Variable([[1.0, 2.0]]), s=tf.Variable("text"), h=tf.Variable([1.5], dtype=tf.bfloat16)
    ).save(s.path())
    path, name = s.path("ckpt-1"), "v/.ATTRIBUTES/VARIABLE_VALUE"
    s.log("listed", tf.train.list_variables(path))
    s.log("listed by folder", tf.train.list_variables(s.folder))
    s.log("loaded", [tf.train.load_variable(path, name), tf.train.load_variable(s.folder, name)])
    s.log("scalar", tf.train.load_variable(path, "s/.ATTRIBUTES/VARIABLE_VALUE"))
    s.log("bfloat16", tf.train.load_variable(path, "h/.ATTRIBUTES/VARIABLE_VALUE"))
    s.attempt("with a number", lambda: tf.train.load_variable(path, name + ":0"))
    s.attempt("no tensor", lambda: tf.train.load_variable(path, "nope"), "nope not found")
    s.attempt("no checkpoint", lambda: tf.train.load_checkpoint(s.path("nope")))
    s.attempt("no folder", lambda: tf.train.list_variables(s.path("nope/nope")))
    reader = tf.compat.v1.train.NewCheckpointReader(path)
    s.log("has", [reader.has_tensor(name), reader.has_tensor("v")])
    s.log("debug", sorted(reader.debug_string().splitlines()))
    s.log("type", type(reader).__name__)
    s.attempt("v1 no checkpoint", lambda: tf.compat.v1.train.NewCheckpointReader(s.path("nope")))
    s.log("exists", [tf.compat.v1.train.checkpoint_exists(path),
                     tf.compat.v1.train.checkpoint_exists(s.path("nope"))])  # fmt: skip
    s.log("times", len(tf.compat.v1.train.get_checkpoint_mtimes([path, s.path("nope")])))
    tf.compat.v1.train.remove_checkpoint(path)
    s.files("after removal")
