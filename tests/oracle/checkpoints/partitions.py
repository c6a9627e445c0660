"""Savers of TensorFlow 1: partitioned variables."""

# ruff: noqa: N801 E501 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.checkpoints.scenario import Run, alone, pair

_WHOLE = np.arange(14, dtype=np.float32).reshape(7, 2)


def _partitioned(s: Run, name: str, parts: int, axis: int = 0, scale: float = 1.0, **options: Any) -> Any:  # fmt: skip
    v1 = s.tf.compat.v1
    return v1.get_variable(
        name, initializer=s.tf.constant(_WHOLE * np.float32(scale)),
        partitioner=v1.fixed_size_partitioner(parts, axis), **options,
    )  # fmt: skip


@pair
class other_partitions:
    """Saved in some parts, restored in others, and as a whole."""

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            rows = _partitioned(s, "scope/rows", 3, use_resource=False)
            columns = _partitioned(s, "columns", 2, 1)
            one = _partitioned(s, "one", 1)
            v1.get_variable("whole", initializer=_WHOLE)
            session.run(v1.global_variables_initializer())
            for label, options in {"m": {}, "sharded": {"sharded": True}, "v1": {"write_version": 1}}.items():  # fmt: skip
                s.log(label, v1.train.Saver(**options).save(session, s.path(label)))
                s.names(label, s.path(label))
            v1.train.Saver({"x": rows, "y": list(columns)}).save(session, s.path("named"))
            s.names("named", s.path("named"))
            v1.train.Saver([one, *columns]).save(session, s.path("listed"))
            s.names("listed", s.path("listed"))
            first = list(rows)
            s.attempt("twice", lambda: v1.train.Saver({"x": rows, "z": rows}))
            s.attempt("mixed", lambda: v1.train.Saver({"x": [first[0], next(iter(columns))]}))
            s.attempt("no parts", lambda: v1.train.Saver({"x": v1.global_variables()}))
            part = v1.train.Saver({"part": first[1]})
            s.attempt("part", lambda: part.save(session, s.path("part")))
            s.log(
                "debug",
                sorted(s.tf.train.load_checkpoint(s.path("v1")).debug_string().split(b"\n")),
            )

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for path in ("m", "sharded", "v1"):
            for parts in (1, 2, 7):
                with s.tf.Graph().as_default(), v1.Session() as session:
                    rows = _partitioned(s, "scope/rows", parts, scale=0.0)
                    columns = _partitioned(s, "columns", min(parts, 2), 0, 0.0, use_resource=False)
                    one = v1.get_variable("one", [7, 2])
                    whole = _partitioned(s, "whole", parts, scale=0.0)
                    v1.train.Saver().restore(session, s.path(path))
                    s.log(f"{path} {parts}", session.run([list(rows), list(columns), one, whole.as_tensor()]))  # fmt: skip
        with s.tf.Graph().as_default(), v1.Session() as session:
            rows = _partitioned(s, "a", 4, scale=0.0)
            columns = _partitioned(s, "b", 2, 1, scale=0.0)
            v1.train.Saver({"x": rows, "y": list(columns)}).restore(session, s.path("named"))
            s.log("named", session.run([rows.as_tensor(), columns.as_tensor()]))
            v1.train.Saver({"columns": rows}).restore(session, s.path("listed"))
            s.log("listed", session.run(rows.as_tensor()))
            s.attempt("shape", lambda: v1.train.Saver({"x": _partitioned(s, "c", 1, scale=0.0)}).restore(session, s.path("m")))  # fmt: skip


@pair
class slots_of_parts:
    def _build(s: Run, parts: int) -> list[Any]:
        v1 = s.tf.compat.v1
        if parts == 1:
            w = v1.get_variable("w", initializer=_WHOLE)
            value, found = s.tf.convert_to_tensor(w), [w]
        else:
            whole = _partitioned(s, "w", parts)
            value, found = whole.as_tensor(), list(whole)
        loss = s.tf.reduce_sum(value * value)
        v1.train.AdamOptimizer(0.1).minimize(loss)
        average = s.tf.train.ExponentialMovingAverage(0.5)
        average.apply(found)
        return [loss, v1.train.MomentumOptimizer(0.1, 0.9).minimize(loss)]

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            _, step = slots_of_parts._build(s, 3)
            session.run(v1.global_variables_initializer())
            session.run(step)
            v1.train.Saver().save(session, s.path("m"))
            s.log("parts", [[v.name, v._get_save_slice_info() and v._get_save_slice_info().spec] for v in v1.global_variables()])  # fmt: skip
        s.names("names", s.path("m"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for parts in (1, 3, 2):
            with s.tf.Graph().as_default(), v1.Session() as session:
                loss, step = slots_of_parts._build(s, parts)
                v1.train.Saver().restore(session, s.path("m"))
                s.log(f"loss {parts}", session.run(loss))
                session.run(step)
                s.log(f"loss after {parts}", session.run(loss))


@pair
class parts_of_graphs:
    """The graph comes from the file, too."""

    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            with v1.variable_scope("scope"):
                whole = _partitioned(s, "w", 3)
            s.tf.identity(whole.as_tensor() * 2.0, name="out")
            session.run(v1.global_variables_initializer())
            v1.train.Saver(sharded=True).save(session, s.path("m"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        for scope in (None, "other"):
            with s.tf.Graph().as_default(), v1.Session() as session:
                saver = v1.train.import_meta_graph(s.path("m.meta"), import_scope=scope)
                saver.restore(session, s.path("m"))
                s.log("out", session.run(f"{scope}/out:0" if scope else "out:0"))
                infos = [v._get_save_slice_info() for v in v1.global_variables()]
                s.log("parts", [[info.full_name, info.spec] for info in infos])
                v1.train.Saver().save(session, s.path(f"again_{scope}"))
                s.names("again", s.path(f"again_{scope}"))


@pair
class warm_parts:
    def save(s: Run) -> None:
        v1 = s.tf.compat.v1
        with s.tf.Graph().as_default(), v1.Session() as session:
            _partitioned(s, "scope/w", 3)
            v1.get_variable("scope/v", initializer=_WHOLE + np.float32(100))
            session.run(v1.global_variables_initializer())
            v1.train.Saver().save(session, s.path("m"))

    def load(s: Run) -> None:
        v1 = s.tf.compat.v1
        maps: dict[str, Any] = {
            "names": {"scope/w": "new/w", "scope/v": "new/v"},
            "scopes": {"scope/": "new/"},
        }
        for label, mapping in maps.items():
            with s.tf.Graph().as_default(), v1.Session() as session:
                w = _partitioned(s, "new/w", 2, scale=0.0)
                v = _partitioned(s, "new/v", 4, scale=0.0)
                v1.train.init_from_checkpoint(s.path("m"), mapping)
                session.run(v1.global_variables_initializer())
                s.log(label, session.run([w.as_tensor(), v.as_tensor()]))
        with s.tf.Graph().as_default(), v1.Session() as session:
            w = _partitioned(s, "w", 2, scale=0.0)
            whole = v1.get_variable("whole", [7, 2])
            v1.train.init_from_checkpoint(s.path("m"), {"scope/v": list(w), "scope/w": whole})
            session.run(v1.global_variables_initializer())
            s.log("lists", session.run([w.as_tensor(), whole]))
        with s.tf.Graph().as_default(), v1.Session() as session:
            w = _partitioned(s, "scope/w", 2, scale=0.0)
            v1.train.warm_start(s.path("m"))
            session.run(v1.global_variables_initializer())
            s.log("warm", session.run(w.as_tensor()))


@alone
def partitioned_variables(s: Run) -> None:
    """What they are and do in a session."""
    v1 = s.tf.compat.v1
    with s.tf.Graph().as_default(), v1.Session() as session:
        w = _partitioned(s, "w", 3)
        session.run(v1.global_variables_initializer())
        s.log("is", [w.name, w.dtype.name, w.shape.as_list(), len(w), [v.name for v in w]])
        s.log("value", session.run(w.as_tensor()))
        s.log("converted", session.run(s.tf.matmul(w, s.tf.ones([2, 1]))))
        session.run(w.assign(s.tf.ones([7, 2])))
        session.run(w.assign_add(s.tf.ones([7, 2])))
        session.run(w.assign_sub([s.tf.zeros(v.shape) + float(i) for i, v in enumerate(w)]))
        s.log("assigned", session.run(w.as_tensor()))
        s.log("rows", session.run([s.tf.nn.embedding_lookup(w, [0, 6, 3]),
                                   v1.nn.embedding_lookup(w, [0, 5, 3])]))  # fmt: skip
        s.log("gradients", session.run(v1.gradients(s.tf.reduce_sum(w.as_tensor() ** 2), list(w))))
        with v1.variable_scope("", reuse=True):
            s.log("shared", [v1.get_variable("w") is w, v1.get_variable("w/part_1").shape.as_list()])  # fmt: skip
            cut = v1.fixed_size_partitioner
            for label, options in {
                "parts": {"shape": [7, 2], "partitioner": cut(2)},
                "shape": {"shape": [8, 2], "partitioner": cut(3)},
                "dtype": {"shape": [7, 2], "partitioner": cut(3), "dtype": s.tf.int32},
                "none": {"shape": [7, 2], "partitioner": cut(3), "name": "absent"},
            }.items():
                s.attempt(label, lambda o=options: v1.get_variable(**{"name": "w", **o}))
        s.attempt("again", lambda: v1.get_variable("w", [7, 2], partitioner=cut(3)))
        s.attempt("unpartitioned", lambda: v1.get_variable("w", [7, 2]))
        for label, found in {"axes": [2, 2], "rank": [2], "number": 3, "zero": [0, 1]}.items():
            s.attempt(
                label, lambda f=found: v1.get_variable("x", [4, 4], partitioner=lambda **k: f)
            )
        s.attempt("callable", lambda: v1.get_variable("x", [4, 4], partitioner=5))
        s.log("scalar", v1.get_variable("scalar", [], partitioner=cut(2)).name)
        with v1.variable_scope("cut", partitioner=cut(2), regularizer=s.tf.reduce_sum):
            parts = v1.get_variable("p", initializer=v1.ones_initializer(), shape=[3])
            session.run(v1.variables_initializer(list(parts)))
            losses = v1.losses.get_regularization_losses()
            s.log("losses", [len(losses), session.run(v1.losses.get_regularization_loss())])
        made = v1.create_partitioned_variables([4, 3], [1, 2], v1.ones_initializer(), name="made")
        s.log("made", [[v.name, v.shape.as_list(), v._get_save_slice_info().full_name] for v in made])  # fmt: skip

        def first(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            s.log("told", [partition_info.full_shape, partition_info.var_offset,
                           partition_info.single_offset(shape), partition_info.single_slice_dim(shape)])  # fmt: skip
            return s.tf.ones(shape, dtype)

        v1.get_variable("told", [2, 5], initializer=first, partitioner=cut(2, 1))
        eye = v1.get_variable("eye", [5, 5], initializer=v1.initializers.identity(), partitioner=cut(2))  # fmt: skip
        session.run(v1.variables_initializer(list(eye)))
        s.log("eye", session.run(eye.as_tensor()))
