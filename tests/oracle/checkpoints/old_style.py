"""Checkpoints of TensorFlow 1: Saver, sessions, names of variables, slices, warm starts."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tests.oracle.checkpoints.managers import state_text
from tests.oracle.checkpoints.objects import module, status
from tests.oracle.checkpoints.scenario import Run, alone, pair


def _in_graph(s: Run, scale: float, run: Any) -> None:
    """Call `run(session, variables)` with variables in a new graph, initialised."""
    v1 = s.tf.compat.v1
    with s.tf.Graph().as_default(), v1.Session() as session:
        with v1.variable_scope("net", use_resource=False):
            w = v1.get_variable("w", initializer=np.float32([[1, 2], [3, 4]]) * np.float32(scale))
        with v1.variable_scope("res", use_resource=True):
            r = v1.get_variable("r", initializer=np.float32(5 * scale))
            t = v1.get_variable("t", initializer=s.tf.constant(["a" if scale else ""]))
        step = v1.train.get_or_create_global_step()
        session.run(v1.global_variables_initializer())
        run(session, {"w": w, "r": r, "t": t, "step": step})


@pair
class savers:
    def save(s: Run) -> None:
        train = s.tf.compat.v1.train

        def run(session: Any, v: Any) -> None:
            s.log("plain", train.Saver().save(session, s.path("plain")))
            s.log("step", train.Saver().save(session, s.path("step"), global_step=7))
            s.log("sharded", train.Saver(sharded=True).save(session, s.path("sharded")))
            s.log("first format", train.Saver(write_version=1).save(session, s.path("one")))
            s.log(
                "first format, sharded",
                train.Saver(write_version=1, sharded=True).save(session, s.path("ones")),
            )
            chosen = train.Saver({"other/w": v["w"], "r2": v["r"]})
            s.log("chosen", chosen.save(session, s.path("chosen"), write_meta_graph=False))
            s.log(
                "padded",
                train.Saver(pad_step_number=True).save(session, s.path("p"), global_step=v["step"]),
            )
            s.log("unnoted", train.Saver().save(session, s.path("u"), write_state=False))

        _in_graph(s, 1.0, run)
        s.files("files")
        s.log("state", state_text(s, s.folder))
        for name in ("plain", "sharded-?????-of-00001", "one", "ones-?????-of-00001", "chosen"):
            s.attempt(f"open {name}", lambda n=name: s.names(n, s.path(n)))

    def load(s: Run) -> None:
        train = s.tf.compat.v1.train

        def run(session: Any, v: Any) -> None:
            for name in ("plain", "step-7", "sharded-?????-of-00001", "one", "ones-?????-of-00001"):
                session.run(s.tf.compat.v1.global_variables_initializer())
                sharded = "?" in name
                s.attempt(
                    name,
                    lambda n=name, x=sharded: train.Saver(sharded=x).restore(session, s.path(n)),
                )
                s.log(f"values {name}", session.run(v))
            session.run(s.tf.compat.v1.global_variables_initializer())
            train.Saver({"other/w": v["w"], "r2": v["r"]}).restore(session, s.path("chosen"))
            s.log("chosen", session.run(v))
            s.attempt("too little", lambda: train.Saver().restore(session, s.path("chosen")))
            s.attempt("not there", lambda: train.Saver().restore(session, s.path("nope")))
            s.attempt("none", lambda: train.Saver().restore(session, None))

        _in_graph(s, 0.0, run)


@alone
def saver_rotation(s: Run) -> None:
    def run(session: Any, v: Any) -> None:
        train = s.tf.compat.v1.train
        saver = train.Saver(max_to_keep=2)
        for step in range(4):
            saver.save(session, s.path("m"), global_step=step)
        s.log("kept", saver.last_checkpoints)
        s.files("files")
        s.log("state", state_text(s, s.folder))
        other = train.Saver(max_to_keep=2)
        other.recover_last_checkpoints(saver.last_checkpoints)
        other.save(session, s.path("m"), global_step=9)
        s.log("recovered", other.last_checkpoints)
        again = train.Saver(max_to_keep=2)
        again.set_last_checkpoints_with_time([(path, 1.0) for path in other.last_checkpoints])
        again.save(session, s.path("m"), global_step=10, write_meta_graph=False)
        s.log("given", again.last_checkpoints)
        kept = train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=1e-9)
        for step in range(20, 23):
            kept.save(session, s.path("k"), global_step=step, write_meta_graph=False)
        s.log("for hours", kept.last_checkpoints)
        s.files("files")
        s.attempt("no folder", lambda: saver.save(session, s.path("no/such/m")))
        s.attempt("path in name", lambda: saver.save(session, s.path("m"), latest_filename="a/b"))
        s.log("named", saver.save(session, s.path("n"), latest_filename="other"))
        s.log("named state", state_text(s, s.folder, "other"))

    _in_graph(s, 1.0, run)


@pair
class savers_without_graphs:
    def save(s: Run) -> None:
        train = s.tf.compat.v1.train
        v, w = s.tf.Variable([1.0, 2.0], name="v"), s.tf.Variable(3, name="scope/w")
        s.log("list", train.Saver([v, w]).save(None, s.path("list")))
        s.log("dict", train.Saver({"a": v, "b/c": w}).save(None, s.path("dict"), global_step=4))
        for name in ("list", "dict-4"):
            s.names(name, s.path(name))
        s.attempt("nothing", lambda: train.Saver())
        s.files("files")

    def load(s: Run) -> None:
        train = s.tf.compat.v1.train
        v, w = s.tf.Variable([0.0, 0.0], name="v"), s.tf.Variable(0, name="scope/w")
        train.Saver([v, w]).restore(None, s.path("list"))
        s.log("list", [v, w])
        v.assign([0.0, 0.0])
        train.Saver({"a": v}).restore(None, s.path("dict-4"))
        s.log("dict", v)
        s.attempt("missing", lambda: train.Saver({"x": v}).restore(None, s.path("dict-4")))
        s.attempt(
            "shape",
            lambda: train.Saver({"a": s.tf.Variable([0.0])}).restore(None, s.path("dict-4")),
        )
        s.attempt(
            "dtype",
            lambda: train.Saver({"a": s.tf.Variable([0, 0])}).restore(None, s.path("dict-4")),
        )


@pair
class names_into_objects:
    def save(s: Run) -> None:
        v, w = s.tf.Variable([1.0, 2.0], name="v"), s.tf.Variable(3, name="scope/w")
        s.tf.compat.v1.train.Saver([v, w]).save(None, s.path("names"))
        m = module(s, v=v, w=w)
        s.tf.train.Checkpoint(m=m).save(s.path("objects"))

    def load(s: Run) -> None:
        v, w = s.tf.Variable([0.0, 0.0], name="v"), s.tf.Variable(0, name="scope/w")
        checkpoint = s.tf.train.Checkpoint(m=module(s, v=v, w=w))
        found = checkpoint.restore(s.path("names"))
        s.attempt("run", found.run_restore_ops)
        s.attempt("initialize", lambda: found.initialize_or_restore())
        s.log("values", [v, w])
        s.log("class", type(found).__name__)
        s.attempt("consumed", found.assert_consumed)
        s.attempt("existing", found.assert_existing_objects_matched)
        s.attempt("nontrivial", found.assert_nontrivial_match)
        x = s.tf.Variable(0, name="x")
        more = s.tf.train.Checkpoint(v=v, x=x).restore(s.path("names"))
        for name in (
            "assert_consumed",
            "assert_existing_objects_matched",
            "assert_nontrivial_match",
        ):
            s.attempt(f"more {name}", getattr(more, name))
        s.attempt(
            "by object",
            lambda: s.tf.compat.v1.train.Saver([v, w]).restore(None, s.path("objects-1")),
        )
        s.log("objects by name", [v, w])


@pair
class partitioned:
    def _build(s: Run, scale: float) -> Any:
        v1 = s.tf.compat.v1
        return v1.get_variable(
            "part", shape=[5, 2], dtype=s.tf.float32,
            initializer=lambda shape, dtype=None, partition_info=None: s.tf.constant(
                np.full(shape, scale, np.float32)),
            partitioner=v1.fixed_size_partitioner(3),
        )  # fmt: skip

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            parts = list(partitioned._build(s, 1.0))
            session.run(v1.global_variables_initializer())
            session.run(
                [
                    v1.assign(p, (i + 1.0) * np.ones(p.shape.as_list(), np.float32))
                    for i, p in enumerate(parts)
                ]
            )
            v1.train.Saver().save(session, s.path("m"))
            v1.train.Saver(write_version=1).save(session, s.path("one"))
        s.names("names", s.path("m"))
        s.log("value", s.tf.train.load_variable(s.path("m"), "part"))
        s.log("debug", s.tf.train.load_checkpoint(s.path("m")).debug_string())

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for path in ("m", "one"):
            with s.tf.Graph().as_default(), v1.Session() as session:
                whole = v1.get_variable("part", shape=[5, 2])
                v1.train.Saver().restore(session, s.path(path))
                s.log(f"whole {path}", session.run(whole))
            with s.tf.Graph().as_default(), v1.Session() as session:
                parts = list(partitioned._build(s, 0.0))
                v1.train.Saver().restore(session, s.path(path))
                s.log(f"parts {path}", session.run(parts))


@pair
class warm_starts:
    def save(s: Run) -> None:
        def run(session: Any, v: Any) -> None:
            s.tf.compat.v1.train.Saver().save(session, s.path("m"))

        _in_graph(s, 1.0, run)

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        cases: dict[str, Any] = {
            "names": {"net/w": "new/w"},
            "scopes": {"net/": "new/", "res/": "new/"},
            "root": {"/": "/"},
        }
        for label, mapping in cases.items():
            with s.tf.Graph().as_default(), v1.Session() as session:
                scopes = ["net", "res"] if label == "root" else ["new", "new"]
                with v1.variable_scope(scopes[0]):
                    w = v1.get_variable("w", [2, 2])
                with v1.variable_scope(scopes[1], reuse=v1.AUTO_REUSE):
                    r = v1.get_variable("r", []) if label != "names" else w
                    if label != "names":
                        v1.get_variable("t", [1], s.tf.string, v1.zeros_initializer)
                if s.attempt(
                    label, lambda m=mapping: v1.train.init_from_checkpoint(s.path("m"), m) or 1
                ):
                    session.run(v1.global_variables_initializer())
                    s.log(f"{label} values", session.run([w, r]))
        with s.tf.Graph().as_default(), v1.Session() as session:
            w = v1.get_variable("w", [2, 3])
            s.attempt("shape", lambda: v1.train.init_from_checkpoint(s.path("m"), {"net/w": w}))
            s.attempt("name", lambda: v1.train.init_from_checkpoint(s.path("m"), {"nope": w}))
            s.attempt(
                "variable", lambda: v1.train.init_from_checkpoint(s.path("m"), {"net/w": "absent"})
            )
        with s.tf.Graph().as_default(), v1.Session() as session:
            with v1.variable_scope("net"):
                w = v1.get_variable("w", [2, 2])
            v1.train.warm_start(s.path("m"), vars_to_warm_start="net")
            session.run(v1.global_variables_initializer())
            s.log("warm", session.run(w))


@pair
class old_checkpoints:
    """tf.compat.v1.train.Checkpoint, without and with a session."""

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        checkpoint = v1.train.Checkpoint(m=module(s, v=s.tf.Variable([1.0, 2.0])))
        s.log("eager", [checkpoint.save(s.path("eager")), checkpoint.write(s.path("written"))])
        with s.tf.Graph().as_default(), v1.Session() as session:
            v = v1.get_variable("v", initializer=[3.0, 4.0], use_resource=True)
            checkpoint = v1.train.Checkpoint(m=module(s, v=v))
            session.run(v.initializer)
            session.run(checkpoint.save_counter.initializer)
            s.log("session", [checkpoint.save(s.path("graph"), session=session),
                              checkpoint.save(s.path("graph"), session=session)])  # fmt: skip
        for name in ("eager-1", "graph-1", "written"):
            s.names(name, s.path(name))
        s.log("state", state_text(s, s.folder))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for name in ("eager-1", "graph-2"):
            v = s.tf.Variable([0.0, 0.0])
            status(s, name, v1.train.Checkpoint(m=module(s, v=v)).restore(s.path(name)))
            s.log(name, v)
            with s.tf.Graph().as_default(), v1.Session() as session:
                v = v1.get_variable("v", initializer=[0.0, 0.0], use_resource=True)
                w = v1.get_variable("w", initializer=[9.0], use_resource=True)
                checkpoint = v1.train.Checkpoint(m=module(s, v=v, w=w))
                found = checkpoint.restore(s.path(name))
                found.initialize_or_restore(session)
                s.log(f"{name} in a session", session.run([v, w]))
                s.attempt("existing", found.assert_existing_objects_matched)
            with s.tf.Graph().as_default(), v1.Session() as session:
                v = v1.get_variable("v", initializer=[0.0, 0.0], use_resource=True)
                found = v1.train.Checkpoint(m=module(s, v=v)).restore(s.path(name))
                found.assert_consumed().run_restore_ops(session)
                s.log(f"{name} run", session.run(v))
        s.attempt(
            "none",
            lambda: v1.train.Checkpoint(v=s.tf.Variable(0.0)).restore(None).initialize_or_restore(),
        )


@pair
class averages:
    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            v = v1.get_variable("v", initializer=1.0)
            average = s.tf.train.ExponentialMovingAverage(0.5)
            apply = average.apply([v])
            session.run(v1.global_variables_initializer())
            session.run(v1.assign(v, 3.0))
            session.run(apply)
            v1.train.Saver().save(session, s.path("m"))
        s.names("names", s.path("m"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            v = v1.get_variable("v", initializer=0.0)
            average = s.tf.train.ExponentialMovingAverage(0.5)
            names = average.variables_to_restore([v])
            s.log("names", sorted(names))
            v1.train.Saver(names).restore(session, s.path("m"))
            s.log("average", session.run(v))


@pair
class tables_in_savers:
    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            v1.get_variable("v", initializer=1.0)
            table = s.tf.lookup.experimental.MutableHashTable(
                s.tf.string, s.tf.int64, -1, name="table"
            )
            insert = table.insert(s.tf.constant(["a"]), s.tf.constant([5], s.tf.int64))
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])
            session.run(insert)
            v1.train.Saver().save(session, s.path("m"))
        s.names("names", s.path("m"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            v1.get_variable("v", initializer=0.0)
            table = s.tf.lookup.experimental.MutableHashTable(
                s.tf.string, s.tf.int64, -1, name="table"
            )
            found = table.lookup(s.tf.constant(["a", "b"]))
            v1.train.Saver().restore(session, s.path("m"))
            s.log("found", session.run(found))


@alone
def merging(s: Run) -> None:
    raw = s.tf.raw_ops
    os.makedirs(s.path("tmp"))
    for i in range(3):
        raw.SaveV2(prefix=s.path(f"tmp/part{i}"), tensor_names=[f"t{i}", "whole"], shape_and_slices=["", f"3 2 {i},1:-"],
                   tensors=[s.tf.constant(i), s.tf.fill([1, 2], float(i))])  # fmt: skip
    parts = [s.path(f"tmp/part{i}") for i in range(3)]
    raw.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix=s.path("all"), delete_old_dirs=True
    )
    s.files("files")
    s.names("names", s.path("all"))
    s.log("whole", s.tf.train.load_variable(s.path("all"), "whole"))
    found = raw.RestoreV2(prefix=s.path("all"), tensor_names=["whole", "whole", "t1"],
                          shape_and_slices=["", "3 2 1,2:0,1", ""], dtypes=[s.tf.float32] * 2 + [s.tf.int32])  # fmt: skip
    s.log("restored", list(found))
    s.attempt(
        "slice",
        lambda: raw.RestoreV2(
            prefix=s.path("all"),
            tensor_names=["whole"],
            shape_and_slices=["4 2 0,1:-"],
            dtypes=[s.tf.float32],
        ),
    )
    s.attempt(
        "dtype",
        lambda: raw.RestoreV2(
            prefix=s.path("all"), tensor_names=["whole"], shape_and_slices=[""], dtypes=[s.tf.int32]
        ),
    )
