"""CheckpointOptions: callbacks, shards, asynchronous checkpoints."""

# ruff: noqa: N801 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

import glob
import inspect
import os
from typing import Any

import numpy as np

from tests.oracle.checkpoints.objects import module, status
from tests.oracle.checkpoints.scenario import Run, alone, pair


@alone
def defaults(s: Run) -> None:
    options = s.tf.train.CheckpointOptions
    s.log("parameters", list(inspect.signature(options.__init__).parameters))
    names = [
        "experimental_io_device", "experimental_enable_async_checkpoint", "enable_async",
        "experimental_write_callbacks", "experimental_skip_slot_variables",
        "experimental_sharding_callback",
    ]  # fmt: skip
    cases = [
        {}, {"enable_async": True}, {"experimental_enable_async_checkpoint": True},
        {"experimental_io_device": "/job:localhost"}, {"experimental_skip_slot_variables": True},
    ]  # fmt: skip
    for case in cases:
        made = options(**case)
        s.log(str(case), [getattr(made, name) for name in names])


@alone
def callbacks(s: Run) -> None:
    options, heard = s.tf.train.CheckpointOptions, []
    checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(1.0))

    def there(path: str) -> None:
        heard.append(
            ["path", path, os.path.exists(path + ".index"), os.path.exists(s.path("checkpoint"))]
        )

    given = options(experimental_write_callbacks=[there, lambda: heard.append(["bare"])])
    checkpoint.write(s.path("w"), given)
    checkpoint.save(s.path(), given)
    s.log("heard", heard)
    heard.clear()
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 2)
    manager.save(options=given)
    s.log("by a manager", heard)
    s.attempt("two arguments", lambda: options(experimental_write_callbacks=[lambda a, b: None]))
    s.attempt("no function", lambda: options(experimental_write_callbacks=[3]))
    s.attempt(
        "default",
        lambda: checkpoint.write(
            s.path("x"), options(experimental_write_callbacks=[lambda a=1: None])
        ),
    )

    def fails(path: str) -> None:
        raise RuntimeError("callback")

    s.attempt(
        "fails",
        lambda: checkpoint.save(s.path("f"), options(experimental_write_callbacks=[fails])),
        "callback",
    )
    s.log("then", s.tf.train.latest_checkpoint(s.folder))


def _shards(s: Run, prefix: str) -> list[list[Any]]:
    files = sorted(glob.glob(f"{prefix}.data-*"))
    return [[os.path.basename(file), os.path.getsize(file)] for file in files]


def _weights(s: Run, start: float) -> list[Any]:
    return [
        s.tf.Variable(np.arange(12, dtype=np.float32).reshape(3, 4) + start),
        s.tf.Variable(np.arange(5, dtype=np.int64) + int(start)),
        s.tf.Variable(start),
        s.tf.Variable(["a" * 20, str(start)]),
        s.tf.Variable(np.full([2, 2, 4], start, np.float64)),
    ]


POLICIES = {
    "task": lambda t: t.ShardByTaskPolicy(),
    **{f"{n}": lambda t, n=n: t.MaxShardSizePolicy(n) for n in (64, 100, 150, 1000, 100000)},
}


@pair
class sharding_policies:
    def save(s: Run) -> None:
        policies = s.tf.train.experimental
        for name, make in POLICIES.items():
            policy = make(policies)
            s.log(f"{name} described", len(policy.description) > 10)
            options = s.tf.train.CheckpointOptions(experimental_sharding_callback=policy)
            checkpoint = s.tf.train.Checkpoint(v=_weights(s, 1.0))
            if s.attempt(
                f"{name} write", lambda c=checkpoint, o=options, n=name: c.write(s.path(f"p{n}"), o)
            ):
                s.log(f"{name} files", [name for name, _ in _shards(s, s.path(f"p{name}"))])
                s.names(f"{name} names", s.path(f"p{name}"))
        s.files("files")

    def load(s: Run) -> None:
        for name in POLICIES:
            if not os.path.exists(s.path(f"p{name}.index")):
                continue
            weights = _weights(s, 0.0)
            status(s, name, s.tf.train.Checkpoint(v=weights).read(s.path(f"p{name}")))
            s.log(f"{name} values", weights)


@pair
class sharding_by_hand:
    def save(s: Run) -> None:
        policies, seen = s.tf.train.experimental, []

        class ByName(policies.ShardingCallback):
            @property
            def description(self) -> str:
                return "One shard for each tensor."

            def __call__(self, shardable_tensors: Any) -> Any:
                for each in shardable_tensors:
                    seen.append(
                        [each.checkpoint_key, each.slice_spec, list(each.shape), each.dtype.name]
                    )
                return [
                    {each.checkpoint_key: {each.slice_spec: each.tensor}}
                    for each in shardable_tensors
                ]

        options = s.tf.train.CheckpointOptions(experimental_sharding_callback=ByName())
        checkpoint = s.tf.train.Checkpoint(a=s.tf.Variable([1.0, 2.0]), b=s.tf.Variable("text"))
        checkpoint.save(s.path(), options)
        s.log("seen", seen)
        s.files("files")
        bad = type("Bad", (ByName,), {"__call__": lambda self, tensors: []})
        options = s.tf.train.CheckpointOptions(experimental_sharding_callback=bad())
        s.attempt("nothing", lambda: checkpoint.save(s.path("bad"), options))

    def load(s: Run) -> None:
        a, b = s.tf.Variable([0.0, 0.0]), s.tf.Variable("")
        status(s, "status", s.tf.train.Checkpoint(a=a, b=b).restore(s.path("ckpt-1")))
        s.log("values", [a, b])


@alone
def shardable_tensors(s: Run) -> None:
    policies = s.tf.train.experimental
    s.log(
        "policy arguments", list(inspect.signature(policies.MaxShardSizePolicy.__init__).parameters)
    )
    s.attempt("no number", lambda: policies.MaxShardSizePolicy())
    s.attempt("abstract", lambda: policies.ShardingCallback())


@pair
class asynchronous:
    def save(s: Run) -> None:
        v = s.tf.Variable(np.arange(1000.0))
        table = s.tf.Variable(["a", "b"])
        checkpoint = s.tf.train.Checkpoint(m=module(s, v=v, t=table))
        options = s.tf.train.CheckpointOptions(enable_async=True)
        s.log("path", checkpoint.save(s.path(), options))
        v.assign(-v)
        s.log("next", checkpoint.save(s.path(), options))
        v.assign(v * 0)
        table.assign(["x", "y"])
        checkpoint.sync()
        s.files("files")
        s.log("latest", s.tf.train.latest_checkpoint(s.folder))
        s.names("names", s.path("ckpt-2"))

    def load(s: Run) -> None:
        for n in (1, 2):
            v, t = s.tf.Variable(np.zeros(1000)), s.tf.Variable(["", ""])
            checkpoint = s.tf.train.Checkpoint(m=module(s, v=v, t=t))
            status(s, str(n), checkpoint.restore(s.path(f"ckpt-{n}")))
            s.log(f"values {n}", [v[:4], t, checkpoint.save_counter])


@alone
def asynchronous_manager(s: Run) -> None:
    checkpoint, heard = s.tf.train.Checkpoint(v=s.tf.Variable(1.0)), []
    manager = s.tf.train.CheckpointManager(checkpoint, s.path("d"), 2)
    options = s.tf.train.CheckpointOptions(
        enable_async=True, experimental_write_callbacks=[lambda path: heard.append(path)]
    )
    for value in range(4):
        checkpoint.v.assign(float(value))
        manager.save(options=options)
    manager.sync()
    s.log("kept", manager.checkpoints)
    s.log("heard", heard)
    s.files("files", "d")
    s.log("restored", [manager.restore_or_initialize(), checkpoint.v])
    checkpoint.v.assign(9.0)
    path = checkpoint.save(s.path("e"), options)
    checkpoint.v.assign(0.0)
    checkpoint.restore(path)
    s.log("restore waits", checkpoint.v)
    checkpoint.v.assign(8.0)
    checkpoint.write(s.path("w"), options)
    checkpoint.v.assign(0.0)
    checkpoint.sync()
    checkpoint.read(s.path("w"))
    s.log("write", checkpoint.v)


@alone
def asynchronous_restore(s: Run) -> None:
    options = s.tf.train.CheckpointOptions(enable_async=True)
    checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(1.0))
    path = checkpoint.save(s.path())
    checkpoint.v.assign(0.0)
    found = checkpoint.restore(path, options)
    status(s, "status", found)
    s.log("value", checkpoint.v)
    s.attempt("missing", lambda: checkpoint.restore(s.path("nope"), options))
