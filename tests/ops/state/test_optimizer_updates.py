"""Update rules of optimizers that several threads run."""

import pytest

import tidefall as tf


class _Lock:
    """Stands in for a variable's lock and tells what happened to it, and with which value."""

    def __init__(self, storage, seen):
        self._storage = storage
        self._seen = seen

    def acquire(self):
        self._note("acquire")

    def release(self):
        self._note("release")

    def _note(self, what):
        self._seen.append((what, self._storage.name, float(self._storage.value)))


def _watched(names):
    seen = []
    variables = [tf.Variable(1.0, name=name) for name in names]
    for v in variables:
        v._storage.lock = _Lock(v._storage, seen)
    return variables, seen


def test_an_update_holds_the_locks_from_reading_to_writing():
    (var, accum), seen = _watched(["var", "accum"])
    tf.raw_ops.ResourceApplyMomentum(
        var=var.handle, accum=accum.handle, lr=1.0, grad=1.0, momentum=1.0
    )
    assert sorted(seen[:2]) == [("acquire", "accum", 1.0), ("acquire", "var", 1.0)]
    assert sorted(seen[2:]) == [("release", "accum", 2.0), ("release", "var", -1.0)]


def test_all_updates_take_locks_in_one_order():
    (a, b), seen = _watched(["a", "b"])
    for var, accum in ((a, b), (b, a)):
        tf.raw_ops.ResourceApplyMomentum(
            var=var.handle, accum=accum.handle, lr=1.0, grad=1.0, momentum=1.0
        )
    taken = [name for what, name, _ in seen if what == "acquire"]
    assert taken[:2] == taken[2:]


def test_a_failed_update_lets_go():
    (v,), seen = _watched(["v"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="same shape"):
        tf.raw_ops.ResourceApplyGradientDescent(var=v.handle, alpha=1.0, delta=[1.0])
    assert seen == [("acquire", "v", 1.0), ("release", "v", 1.0)]
