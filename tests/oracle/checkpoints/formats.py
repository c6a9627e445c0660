"""Savers of TensorFlow 1: both formats, shards, tables."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.checkpoints.managers import state_text
from tests.oracle.checkpoints.scenario import Run, alone, pair

_FORMATS: list[dict[str, Any]] = [
    {"write_version": 1},
    {"write_version": 1, "sharded": True},
    {"write_version": 2, "sharded": True},
]

_VALUES: dict[str, Any] = {
    "scalar": np.float32(3),
    "empty": np.zeros([0, 2], np.float32),
    "many": np.arange(600, dtype=np.int64).reshape(20, 30),
    "bools": np.array([True, False, True]),
    "half": np.float16([1, 2, 3]),
    "complex": np.complex64([1 + 2j, 3]),
    "wide": np.complex128([[1 + 2j, 3]]),
    "texts": np.array([b"a", b"bc" * 100, b""], object),
    "u8": np.uint8([1, 255]),
    "i8": np.int8([-1, 5]),
    "i16": np.int16([-1, 5]),
    "u16": np.uint16([1, 65535]),
    "double": np.float64([0.1, -0.0, np.inf]),
    "i32": np.int32([[-5], [7]]),
}


@alone
def formats_rotate(s: Run) -> None:
    v1 = s.tf.compat.v1
    for number, options in enumerate(_FORMATS):
        folder = f"folder{number}"
        s.tf.io.gfile.makedirs(s.path(folder))
        with s.tf.Graph().as_default(), v1.Session() as session:
            v = v1.get_variable("v", initializer=[1.0, 2.0])
            session.run(v.initializer)
            saver = v1.train.Saver(max_to_keep=2, **options)
            for step in range(4):
                saver.save(session, s.path(f"{folder}/m"), global_step=step, write_meta_graph=step % 2 == 0)  # fmt: skip
            s.log("kept", saver.last_checkpoints)
            s.files("files", folder)
            s.log("state", state_text(s, s.path(folder)))
            s.log("latest", s.tf.train.latest_checkpoint(s.path(folder)))
            s.log("there", [v1.train.checkpoint_exists(p) for p in saver.last_checkpoints])
            s.log("not there", v1.train.checkpoint_exists(s.path(f"{folder}/m-0")))
            s.log("times", len(v1.train.get_checkpoint_mtimes(saver.last_checkpoints)))
            other = v1.train.Saver(max_to_keep=2, **options)
            other.recover_last_checkpoints(saver.last_checkpoints)
            s.log("recovered", other.last_checkpoints)
            other.save(session, s.path(f"{folder}/m"), global_step=7)
            s.files("more files", folder)
            version = options["write_version"]
            v1.train.remove_checkpoint(other.last_checkpoints[0], version)
            s.files("fewer files", folder)
            definition = other.as_saver_def()
            s.log("definition", [definition.sharded, definition.version, definition.max_to_keep,
                                 definition.save_tensor_name, definition.restore_op_name])  # fmt: skip


@pair
class first_format:
    """Every dtype that it has."""

    def save(s: Run) -> None:
        raw = s.tf.raw_ops
        names = list(_VALUES)
        raw.Save(filename=s.path("all"), tensor_names=names, data=[s.tf.constant(v) for v in _VALUES.values()])  # fmt: skip
        s.names("names", s.path("all"))
        raw.SaveSlices(filename=s.path("parts"), tensor_names=["x", "y", "x"], shapes_and_slices=["4 2 2,2:-", "", "4 2 0,2:0,2"],
                       data=[s.tf.fill([2, 2], 2.0), s.tf.constant(5), s.tf.fill([2, 2], 1.0)])  # fmt: skip
        two, one = s.tf.zeros([2]), ["x"]
        s.attempt("a name twice", lambda: raw.Save(filename=s.path("twice"), tensor_names=["x", "x"], data=[two, two]))  # fmt: skip
        s.attempt("names", lambda: raw.Save(filename=s.path("no"), tensor_names=one, data=[two, two]))  # fmt: skip
        for label, spec in {"length": "4 0,3", "text": "4 x", "outside": "4 3,2"}.items():
            s.attempt(label, lambda p=spec: raw.SaveSlices(filename=s.path("no"), tensor_names=one, shapes_and_slices=[p], data=[two]))  # fmt: skip
        s.attempt("shapes", lambda: raw.SaveSlices(filename=s.path("no"), tensor_names=["x", "x"], shapes_and_slices=["4 0,2", "5 2,2"], data=[two, two]))  # fmt: skip
        s.attempt("dtypes", lambda: raw.SaveSlices(filename=s.path("no"), tensor_names=["x", "x"], shapes_and_slices=["4 0,2", "4 2,2"], data=[two, s.tf.constant([1, 2])]))  # fmt: skip
        s.attempt("bfloat16", lambda: raw.Save(filename=s.path("no"), tensor_names=one, data=[s.tf.zeros([2], s.tf.bfloat16)]))  # fmt: skip
        s.attempt("folder", lambda: raw.Save(filename=s.path("no/such"), tensor_names=one, data=[two]))  # fmt: skip
        s.log("pattern", raw.ShardedFilespec(basename="model", num_shards=3))
        s.log("name", raw.ShardedFilename(basename="model", shard=1, num_shards=3))
        s.files("files")

    def load(s: Run) -> None:
        # TensorFlow's readers refuse some of the dtypes, its nodes do not.
        names, raw = list(_VALUES), s.tf.raw_ops
        dtypes = [s.tf.constant(v).dtype for v in _VALUES.values()]
        found = raw.RestoreV2(prefix=s.path("all"), tensor_names=names, shape_and_slices=[""] * len(names), dtypes=dtypes)  # fmt: skip
        for name, value in zip(names, found, strict=True):
            s.log(name, value)
        parts = s.path("parts")
        s.log("joined", raw.Restore(file_pattern=parts, tensor_name="x", dt=s.tf.float32))
        s.log("other", raw.Restore(file_pattern=parts, tensor_name="y", dt=s.tf.int32))
        found = s.tf.raw_ops.RestoreSlice(file_pattern=s.path("parts"), tensor_name="x", shape_and_slice="4 2 1,2:0,1", dt=s.tf.float32)  # fmt: skip
        s.log("part", found)
        s.log("restored", s.tf.raw_ops.Restore(file_pattern=s.path("all"), tensor_name="many", dt=s.tf.int64))  # fmt: skip


@pair
class shards_by_device:
    def _build(s: Run, scale: float) -> list[Any]:
        v1, found = s.tf.compat.v1, []
        for number, device in enumerate(("/cpu:0", "/device:CPU:1", None)):
            with s.tf.device(device):
                first = np.float32([number + 1, 10]) * np.float32(scale)
                found.append(v1.get_variable(f"v{number}", initializer=first))
        return found

    def _session(s: Run) -> Any:
        v1 = s.tf.compat.v1
        return v1.Session(config=v1.ConfigProto(device_count={"CPU": 2}))

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        for version in (1, 2):
            with s.tf.Graph().as_default(), shards_by_device._session(s) as session:
                shards_by_device._build(s, 1.0)
                session.run(v1.global_variables_initializer())
                saver = v1.train.Saver(sharded=True, write_version=version)
                s.log("saved", saver.save(session, s.path(f"m{version}"), global_step=5))
        s.files("files")
        s.log("state", state_text(s, s.folder))
        for path in ("m1-5-?????-of-00003", "m1-5-?????-of-*", "m1-5-00001-of-00003", "m2-5"):
            s.attempt(f"open {path}", lambda p=path: s.names(p, s.path(p)))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), shards_by_device._session(s) as session:
            found = shards_by_device._build(s, 0.0)
            for path in ("m1-5-?????-of-00003", "m1-5-?????-of-*", "m2-5"):
                session.run(v1.global_variables_initializer())
                v1.train.Saver().restore(session, s.path(path))
                s.log(path, session.run(found))
            session.run(v1.global_variables_initializer())
            one = s.path("m1-5-00001-of-00003")
            v1.train.Saver({"v0": found[0]}).restore(session, one)
            s.log("one file", session.run(found))
            s.attempt("not there", lambda: v1.train.Saver().restore(session, one))


@pair
class tables_of_graphs:
    def _build(s: Run) -> list[Any]:
        tables = s.tf.lookup.experimental
        with s.tf.name_scope("scope"):
            first = tables.MutableHashTable(s.tf.string, s.tf.int64, -1, name="first")
        rows = tables.MutableHashTable(s.tf.int64, s.tf.float32, [0.0, 0.0], name="rows")
        dense = tables.DenseHashTable(s.tf.int64, s.tf.float32, -1.0, 0, -1, 16, name="dense")
        unsaved = tables.MutableHashTable(s.tf.string, s.tf.int64, -1, name="unsaved", checkpoint=False)  # fmt: skip
        return [first, rows, dense, unsaved]

    def _found(s: Run, tables: list[Any]) -> list[Any]:
        texts, numbers = s.tf.constant(["a", "b"]), s.tf.constant([7, 8], s.tf.int64)
        first, rows, dense, unsaved = tables
        return [first.lookup(texts), rows.lookup(numbers), dense.lookup(numbers), unsaved.lookup(texts),
                first.size(), rows.size(), dense.size()]  # fmt: skip

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            tables = tables_of_graphs._build(s)
            texts, numbers = s.tf.constant(["a"]), s.tf.constant([7], s.tf.int64)
            first, rows, dense, unsaved = tables
            session.run([first.insert(texts, numbers), rows.insert(numbers, [[1.0, 2.0]]),
                         dense.insert(numbers, [5.0]), unsaved.insert(texts, numbers)])  # fmt: skip
            v1.train.Saver().save(session, s.path("all"))
            v1.train.Saver(write_version=1, sharded=True).save(session, s.path("one"))
            v1.train.Saver({"x": first, "y": rows}).save(session, s.path("named"))
            v1.train.Saver([first]).save(session, s.path("listed"))
            s.log("names", [table.name for table in tables])
        for path in ("all", "one-?????-of-00001", "named", "listed"):
            s.names(path, s.path(path))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for path in ("all", "one-?????-of-00001", "named", "listed"):
            with s.tf.Graph().as_default(), v1.Session() as session:
                tables = tables_of_graphs._build(s)
                first, rows, *_ = tables
                chosen = {"named": {"x": first, "y": rows}, "listed": [first]}.get(path)
                fill = first.insert(s.tf.constant(["b"]), s.tf.constant([3], s.tf.int64))
                session.run(fill)
                v1.train.Saver(chosen).restore(session, s.path(path))
                s.log(path, session.run(tables_of_graphs._found(s, tables)))


@pair
class graphs_with_tables:
    """The graph comes from the file, too."""

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            v = v1.get_variable("v", initializer=[1.0, 2.0])
            table = s.tf.lookup.experimental.MutableHashTable(s.tf.string, s.tf.int64, -1, name="t")
            insert = table.insert(s.tf.constant(["a"]), s.tf.constant([5], s.tf.int64))
            keys = v1.placeholder(s.tf.string, [None], name="keys")
            s.tf.identity(table.lookup(keys), name="values")
            session.run([v.initializer, insert])
            v1.train.Saver(sharded=True).save(session, s.path("m"))
            v1.train.Saver(write_version=1).save(session, s.path("one"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for path in ("m", "one"):
            with s.tf.Graph().as_default(), v1.Session() as session:
                saver = v1.train.import_meta_graph(s.path(f"{path}.meta"))
                saver.restore(session, s.path(path))
                s.log(path, session.run(["values:0", "v/Read/ReadVariableOp:0"], {"keys:0": ["a", "b"]}))  # fmt: skip
                s.log(f"{path} again", saver.save(session, s.path(f"{path}_again"), write_state=False))  # fmt: skip
            s.names(f"names {path}", s.path(f"{path}_again"))
