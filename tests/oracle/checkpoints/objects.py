"""Objects: trees, shared and renamed parts, cycles, objects that come later, status, views."""

# ruff: noqa: N801 - scenarios are named like functions; tables read better in long lines

from __future__ import annotations

import collections
from typing import Any

from tests.oracle.checkpoints.scenario import Run, alone, pair


def module(s: Run, **children: Any) -> Any:
    """A module with these attributes."""
    made = s.tf.Module()
    for name, child in children.items():
        setattr(made, name, child)
    return made


def status(s: Run, label: str, found: Any) -> None:
    """Note what the assertions of a status say."""
    s.log(f"{label} class", type(found).__name__)
    s.attempt(f"{label} nontrivial", found.assert_nontrivial_match)
    s.attempt(f"{label} existing", found.assert_existing_objects_matched)
    s.attempt(f"{label} consumed", found.assert_consumed)


Point = collections.namedtuple("Point", ["x", "y"])


def _tree(s: Run, start: float) -> Any:
    v = [s.tf.Variable(start + i) for i in range(8)]
    shared = module(s, a=v[0], b=[v[1], {"k": v[2], "l": (v[3], [v[4]])}])
    return s.tf.train.Checkpoint(
        m=shared, again=shared, d={"m": shared, "v": v[1]}, p=Point(v[5], v[6]), t=(v[7], 3, "x")
    ), v


@pair
class nested:
    def save(s: Run) -> None:
        checkpoint, _ = _tree(s, 1.0)
        checkpoint.save(s.path())
        s.names("names", s.path("ckpt-1"))

    def load(s: Run) -> None:
        checkpoint, values = _tree(s, 100.0)
        status(s, "status", checkpoint.restore(s.path("ckpt-1")))
        s.log("values", values)
        s.log("counter", checkpoint.save_counter)


@pair
class positional_root:
    def save(s: Run) -> None:
        root = module(s, a=s.tf.Variable(1.0), l=[s.tf.Variable(2.0)])
        s.tf.train.Checkpoint(root).save(s.path())
        s.tf.train.Checkpoint(root, extra=s.tf.Variable(3.0), a=root.a).save(s.path("more"))
        s.names("root", s.path("ckpt-1"))
        s.names("root and more", s.path("more-1"))

    def load(s: Run) -> None:
        root = module(s, a=s.tf.Variable(0.0), l=[s.tf.Variable(0.0)])
        status(s, "plain", s.tf.train.Checkpoint(root).restore(s.path("ckpt-1")))
        s.log("values", [root.a, root.l[0]])
        extra = s.tf.Variable(0.0)
        checkpoint = s.tf.train.Checkpoint(root, extra=extra)
        status(s, "more", checkpoint.restore(s.path("more-1")))
        s.log("extra", extra)
        flat = s.tf.train.Checkpoint(a=s.tf.Variable(0.0), l=[s.tf.Variable(0.0)])
        status(s, "flat", flat.restore(s.path("ckpt-1")))
        status(s, "missing", checkpoint.restore(s.path("ckpt-1")))
        root = module(s, a=s.tf.Variable(0.0), l=[s.tf.Variable(0.0)])
        status(s, "by name", s.tf.train.Checkpoint(root=root).restore(s.path("ckpt-1")))


@pair
class a_tracked_list_as_root:
    def save(s: Run) -> None:
        made = module(s, l=[s.tf.Variable(1.0), s.tf.Variable(2.0)], d={"x": s.tf.Variable(3.0)})
        s.tf.train.Checkpoint(made.l).write(s.path())
        s.tf.train.Checkpoint(made.d, y=s.tf.Variable(4.0)).save(s.path("d"))
        s.attempt("plain list", lambda: s.tf.train.Checkpoint([s.tf.Variable(1.0)]))
        s.attempt("plain dict", lambda: s.tf.train.Checkpoint({"x": s.tf.Variable(1.0)}))
        s.names("list", s.path())
        s.names("dict", s.path("d-1"))

    def load(s: Run) -> None:
        made = module(s, l=[s.tf.Variable(0.0), s.tf.Variable(0.0)], d={"x": s.tf.Variable(0.0)})
        status(s, "list", s.tf.train.Checkpoint(made.l).read(s.path()))
        y = s.tf.Variable(0.0)
        status(s, "dict", s.tf.train.Checkpoint(made.d, y=y).restore(s.path("d-1")))
        s.log("values", [list(made.l), made.d["x"], y])


@pair
class cycles:
    def _build(s: Run, start: float) -> Any:
        a, b = module(s, v=s.tf.Variable(start)), module(s, v=s.tf.Variable(start + 1))
        a.b, b.a, a.me, b.parts = b, a, a, [a, b]
        return a, b

    def save(s: Run) -> None:
        a, _ = cycles._build(s, 1.0)
        s.tf.train.Checkpoint(a).write(s.path())
        s.names("names", s.path())

    def load(s: Run) -> None:
        a, b = cycles._build(s, 10.0)
        status(s, "status", s.tf.train.Checkpoint(a).read(s.path()))
        s.log("values", [a.v, b.v])


@pair
class sharing_changes:
    def save(s: Run) -> None:
        v = s.tf.Variable(1.0)
        s.tf.train.Checkpoint(a=module(s, v=v), b=module(s, v=v)).write(s.path())
        s.tf.train.Checkpoint(
            a=module(s, v=s.tf.Variable(2.0)), b=module(s, v=s.tf.Variable(3.0))
        ).write(s.path("apart"))

    def load(s: Run) -> None:
        v, w = s.tf.Variable(0.0), s.tf.Variable(0.0)
        checkpoint = s.tf.train.Checkpoint(a=module(s, v=v), b=module(s, v=w))
        status(s, "now apart", checkpoint.read(s.path()))
        s.log("now apart", [v, w])
        v = s.tf.Variable(0.0)
        checkpoint = s.tf.train.Checkpoint(a=module(s, v=v), b=module(s, v=v))
        status(s, "now shared", checkpoint.read(s.path("apart")))
        s.log("now shared", v)


@pair
class later_objects:
    def save(s: Run) -> None:
        inner = module(s, w=s.tf.Variable(2.0), parts=[s.tf.Variable(3.0), s.tf.Variable(4.0)])
        root = module(s, v=s.tf.Variable(1.0), inner=inner, d={"k": s.tf.Variable(5.0)})
        s.tf.train.Checkpoint(m=root).save(s.path())

    def load(s: Run) -> None:
        m = s.tf.Module()
        checkpoint = s.tf.train.Checkpoint(m=m)
        found = checkpoint.restore(s.path("ckpt-1"))
        status(s, "empty", found)
        m.v = s.tf.Variable(0.0)
        m.inner = s.tf.Module()
        m.inner.w = s.tf.Variable(0.0)
        status(s, "half", found)
        m.inner.parts = []
        m.inner.parts.append(s.tf.Variable(0.0))
        m.inner.parts.extend([s.tf.Variable(0.0)])
        m.d = {}
        m.d["k"] = s.tf.Variable(0.0)
        s.log("values", [m.v, m.inner.w, list(m.inner.parts), m.d["k"]])
        status(s, "all", found)
        m.v = s.tf.Variable(7.0)
        s.log("assigned again", m.v)


@pair
class later_variables_keep_what_they_are_given:
    def save(s: Run) -> None:
        s.tf.train.Checkpoint(m=module(s, v=s.tf.Variable([1.0, 2.0]))).write(s.path())

    def load(s: Run) -> None:
        m = s.tf.Module()
        s.tf.train.Checkpoint(m=m).read(s.path()).expect_partial()
        v = s.tf.Variable([9.0, 9.0])
        before = v.numpy()
        m.other = v
        m.v = v
        s.log("values", [before, v])
        s.attempt("other shape", lambda: setattr(s.tf.Module(), "v", s.tf.Variable(1.0)))
        n = s.tf.Module()
        s.tf.train.Checkpoint(m=n).read(s.path()).expect_partial()
        s.attempt("shape that does not fit", lambda: setattr(n, "v", s.tf.Variable(1.0)))


@pair
class two_restores:
    def save(s: Run) -> None:
        v = s.tf.Variable(1.0)
        checkpoint = s.tf.train.Checkpoint(m=module(s, v=v))
        checkpoint.save(s.path())
        v.assign(2.0)
        checkpoint.save(s.path())

    def load(s: Run) -> None:
        m = s.tf.Module()
        checkpoint = s.tf.train.Checkpoint(m=m)
        first = checkpoint.restore(s.path("ckpt-1"))
        second = checkpoint.restore(s.path("ckpt-2"))
        m.v = s.tf.Variable(0.0)
        s.log("the later one", m.v)
        status(s, "first", first)
        status(s, "second", second)
        checkpoint.restore(s.path("ckpt-1"))
        s.log("back", m.v)


@pair
class less_and_more:
    def save(s: Run) -> None:
        m = module(s, a=s.tf.Variable(1.0), b=s.tf.Variable(2.0), l=[s.tf.Variable(3.0)] * 2)
        s.tf.train.Checkpoint(m=m, step=s.tf.Variable(4)).save(s.path())

    def load(s: Run) -> None:
        less = s.tf.train.Checkpoint(m=module(s, a=s.tf.Variable(0.0)))
        status(s, "less", less.restore(s.path("ckpt-1")))
        more = s.tf.train.Checkpoint(
            m=module(s, a=s.tf.Variable(0.0), b=s.tf.Variable(0.0), c=s.tf.Variable(0.0), l=[]),
            step=s.tf.Variable(0),
        )
        status(s, "more", more.restore(s.path("ckpt-1")))
        renamed = s.tf.train.Checkpoint(model=module(s, a=s.tf.Variable(0.0)))
        status(s, "renamed", renamed.restore(s.path("ckpt-1")))
        nothing = s.tf.train.Checkpoint()
        status(s, "nothing", nothing.restore(s.path("ckpt-1")))
        empty = s.tf.train.Checkpoint(x=s.tf.Module(), y=[], z={})
        status(s, "empty", empty.restore(s.path("ckpt-1")))


@pair
class what_is_never_restored:
    def save(s: Run) -> None:
        m = module(s, a=s.tf.Variable(1.0), l=[s.tf.Variable(3.0), s.tf.Variable(4.0)])
        s.tf.train.Checkpoint(m=m, d={"x/y": s.tf.Variable(4)}).save(s.path())

    def load(s: Run) -> None:
        path = s.path("ckpt-1")

        def less() -> Any:
            return s.tf.train.Checkpoint(m=module(s, a=s.tf.Variable(0.0)))

        s.unrestored("dropped", lambda: [less().restore(path), None][1])
        s.unrestored("partial", lambda: [less().restore(path).expect_partial(), None][1])
        s.unrestored("read", lambda: [less().read(path), None][1])
        kept = less()
        s.unrestored("still alive", lambda: [kept.restore(path), None][1])
        s.unrestored("all", lambda: [_full(s).restore(path).assert_consumed(), None][1])


def _full(s: Run) -> Any:
    m = module(s, a=s.tf.Variable(0.0), l=[s.tf.Variable(0.0), s.tf.Variable(0.0)])
    return s.tf.train.Checkpoint(m=m, d={"x/y": s.tf.Variable(0)})


@pair
class read_what_was_saved:
    def save(s: Run) -> None:
        checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(1.0))
        s.log("paths", [checkpoint.write(s.path("w")), checkpoint.save(s.path("s"))])
        s.log("more", [checkpoint.save(s.path("s")), checkpoint.write(s.path("after"))])
        s.names("written", s.path("w"))
        s.names("written after", s.path("after"))
        s.files("files")

    def load(s: Run) -> None:
        for name in ("w", "s-1", "s-2", "after"):
            checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(0.0))
            status(s, f"read {name}", checkpoint.read(s.path(name)))
            checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(0.0))
            status(s, f"restore {name}", checkpoint.restore(s.path(name)))
            s.log(f"counter {name}", checkpoint.save_counter)
            s.log(f"next {name}", checkpoint.save(s.path("next")))


@pair
class nested_checkpoints:
    def save(s: Run) -> None:
        inner = s.tf.train.Checkpoint(v=s.tf.Variable(1.0))
        inner.save(s.path("inner"))
        s.tf.train.Checkpoint(inner=inner, w=s.tf.Variable(2.0)).save(s.path())
        s.log("paths", s.tf.train.Checkpoint(inner).save(s.path("root")))
        s.names("names", s.path("ckpt-1"))
        s.names("as root", s.tf.train.latest_checkpoint(s.folder))
        s.log("counter", inner.save_counter)

    def load(s: Run) -> None:
        inner = s.tf.train.Checkpoint(v=s.tf.Variable(0.0))
        outer = s.tf.train.Checkpoint(inner=inner, w=s.tf.Variable(0.0))
        status(s, "outer", outer.restore(s.path("ckpt-1")))
        s.log("values", [inner.v, outer.w, inner.save_counter, outer.save_counter])
        again = s.tf.train.Checkpoint(s.tf.train.Checkpoint(v=s.tf.Variable(0.0)))
        status(s, "root", again.restore(s.tf.train.latest_checkpoint(s.folder)))


@pair
class a_saved_model:
    def save(s: Run) -> None:
        s.tf.saved_model.save(module(s, v=s.tf.Variable(4.0), l=[s.tf.Variable(5.0)]), s.path("m"))

    def load(s: Run) -> None:
        m = module(s, v=s.tf.Variable(0.0), l=[s.tf.Variable(0.0)])
        status(s, "status", s.tf.train.Checkpoint(m).restore(s.path("m")))
        s.log("values", [m.v, m.l[0]])
        s.names("names", s.path("m/variables/variables"))


@alone
def what_can_be_tracked(s: Run) -> None:
    tf = s.tf
    for value in (3, "text", None, 1.5, print):
        s.attempt(f"kwarg {value}", lambda v=value: tf.train.Checkpoint(a=v))
        s.attempt(f"root {value}", lambda v=value: tf.train.Checkpoint(v) and None)
    s.attempt("tensor", lambda: tf.train.Checkpoint(a=tf.constant(1.0)))
    s.attempt("function", lambda: tf.train.Checkpoint(f=tf.function(lambda: 1)).write(s.path("f")))
    s.attempt("dataset", lambda: tf.train.Checkpoint(d=tf.data.Dataset.range(3)).write(s.path("d")))
    s.attempt("set", lambda: tf.train.Checkpoint(a={1, 2}))
    s.attempt(
        "numbers as keys", lambda: tf.train.Checkpoint(d={1: tf.Variable(1.0)}).write(s.path("n"))
    )
    s.attempt("numbers alone", lambda: tf.train.Checkpoint(d={1: "x"}).write(s.path("o")))
    s.attempt("numbers in lists", lambda: tf.train.Checkpoint(d=[1, "x", None]).write(s.path("p")))
    s.attempt(
        "name taken", lambda: tf.train.Checkpoint(module(s, v=tf.Variable(1.0)), v=tf.Variable(2.0))
    )
    s.attempt(
        "same object", lambda: [m := module(s, v=tf.Variable(1.0)), tf.train.Checkpoint(m, v=m.v)]
    )
    s.attempt(
        "save_counter", lambda: tf.train.Checkpoint(save_counter=tf.Variable(1.0)).save(s.path("c"))
    )


@alone
def lists_that_change(s: Run) -> None:
    tf = s.tf

    def with_list(change: Any) -> Any:
        m = module(s, l=[tf.Variable(1.0), tf.Variable(2.0)])
        change(m)
        return tf.train.Checkpoint(m).write(s.path())

    changes = {
        "append": lambda m: m.l.append(tf.Variable(3.0)),
        "pop": lambda m: m.l.pop(),
        "insert": lambda m: m.l.insert(0, tf.Variable(0.0)),
        "delete": lambda m: m.l.__delitem__(0),
        "replace": lambda m: m.l.__setitem__(0, tf.Variable(5.0)),
        "reverse": lambda m: m.l.reverse(),
        "clear": lambda m: m.l.clear(),
        "slice": lambda m: m.l.__setitem__(slice(0, 1), [tf.Variable(5.0)]),
        "new list": lambda m: setattr(m, "l", m.l[1:]),
        "number": lambda m: m.l.append(3),
    }
    for name, change in changes.items():
        s.attempt(name, lambda c=change: with_list(c))


@alone
def dicts_that_change(s: Run) -> None:
    tf = s.tf

    def with_dict(change: Any) -> Any:
        m = module(s, d={"a": tf.Variable(1.0), "b": tf.Variable(2.0)})
        change(m)
        return tf.train.Checkpoint(m).write(s.path())

    changes = {
        "add": lambda m: m.d.__setitem__("c", tf.Variable(3.0)),
        "update": lambda m: m.d.update(c=tf.Variable(3.0)),
        "pop": lambda m: m.d.pop("a"),
        "delete": lambda m: m.d.__delitem__("a"),
        "replace": lambda m: m.d.__setitem__("a", tf.Variable(5.0)),
        "clear": lambda m: m.d.clear(),
        "number": lambda m: m.d.__setitem__("c", 3),
        "number as key": lambda m: m.d.__setitem__(3, tf.Variable(3.0)),
        "attribute": lambda m: delattr(m, "d"),
    }
    for name, change in changes.items():
        s.attempt(name, lambda c=change: with_dict(c))
        if name in ("add", "update", "attribute", "replace"):
            s.names(f"{name} names", s.path())


@alone
def nothing_to_restore(s: Run) -> None:
    checkpoint = s.tf.train.Checkpoint(v=s.tf.Variable(1.0))
    found = checkpoint.restore(None)
    status(s, "none", found)
    s.log("partial", type(found.expect_partial()).__name__)
    s.attempt("run", found.run_restore_ops)
    s.attempt("initialize", found.initialize_or_restore)
    s.attempt(
        "missing", lambda: checkpoint.restore(s.path("nope")), "missing the checkpoint suffix"
    )
    s.attempt("missing read", lambda: checkpoint.read(s.path("nope")))
    path = checkpoint.save(s.path())
    s.attempt("run restore ops", checkpoint.restore(path).run_restore_ops)
    s.attempt("restore or initialize", checkpoint.restore(path).initialize_or_restore)
    s.attempt("with suffix", lambda: checkpoint.restore(path + ".index"))
    s.attempt("empty", lambda: checkpoint.restore(""))


@alone
def views(s: Run) -> None:
    tf = s.tf
    root = module(s, a=tf.Variable(1.0), l=[tf.Variable(2.0), module(s, w=tf.Variable(3.0))])
    path = tf.train.Checkpoint(root).save(s.path())
    view = tf.train.CheckpointView(path)
    s.log("children", {n: view.children(n) for n in view.descendants()})
    other = module(s, a=tf.Variable(1.0), l=[tf.Variable(2.0)], extra=tf.Variable(0.0))
    matched = view.match(other)
    s.log("match", {n: _kind(o) for n, o in matched.items()})
    found, rest, objects = view.diff(other)
    s.log("diff", [sorted(found), rest, [_kind(o) for o in objects]])
    objects_view = tf.train.TrackableView(root)
    s.log("root", objects_view.root is root)
    s.log("of object", sorted(objects_view.children(root)))
    s.log("descendants", [_kind(o) for o in objects_view.descendants()])
    s.attempt("nothing", lambda: tf.train.CheckpointView(s.path("nope")))


def _kind(obj: Any) -> str:
    return type(obj).__name__.removeprefix("Resource").strip("_")


@alone
def inside_functions(s: Run) -> None:
    tf = s.tf
    v = tf.Variable(1.0)
    checkpoint = tf.train.Checkpoint(v=v)

    @tf.function
    def save() -> Any:
        checkpoint.save(s.path())

    @tf.function
    def write() -> Any:
        checkpoint.write(s.path("written"))

    s.attempt("save", save)
    s.attempt("write", write)
    v.assign(5.0)
    checkpoint.read(s.path("written")).assert_consumed()
    s.log("written", v)
