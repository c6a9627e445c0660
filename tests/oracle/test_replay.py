"""The comparison itself: a result that differs in anything is told from the recorded one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.oracle import recording, replay
from tests.oracle.program import Result
from tests.oracle.spec import Gen, case, const, f32, fed_leaves, make_leaf, unique

RECORD = case("math.add", f32(2, 3), f32(3), grad=True)
ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def _stored() -> dict[str, Any]:
    tensor = recording.encode(ARRAY, "float32")
    return {"structure": "tensor", "outputs": [tensor], "grads": [tensor, None]}


def _result() -> Result:
    return Result("tensor", [tf.constant(ARRAY)], [tf.constant(ARRAY), None], [])


def test_equal_results_pass() -> None:
    replay.compare(RECORD, _stored(), _result())


def _nan() -> np.ndarray:
    array = ARRAY.copy()
    array[0, 0] = np.nan
    return array


def _without_gradient(result: Result) -> None:
    result.grads[0] = None


@pytest.mark.parametrize(
    "change, text",
    [
        (lambda r: setattr(r, "structure", {"list": ["tensor"]}), "the result is"),
        (lambda r: r.outputs.append(r.outputs[0]), "2 outputs"),
        (lambda r: r.outputs.__setitem__(0, tf.constant(ARRAY + 1e-3)), "output 0"),
        (lambda r: r.outputs.__setitem__(0, tf.constant(_nan())), "nan location"),
        (lambda r: r.outputs.__setitem__(0, tf.constant(ARRAY.T)), "has shape"),
        (lambda r: r.outputs.__setitem__(0, tf.constant(ARRAY, "float64")), "is float64"),
        (_without_gradient, "gradient 0 is None"),
        (lambda r: r.grads.__setitem__(1, r.outputs[0]), "TensorFlow's is None"),
        (lambda r: r.grads.__setitem__(0, tf.constant(ARRAY * 1.01)), "gradient 0"),
    ],
)
def test_a_difference_fails(change: Callable[[Result], Any], text: str) -> None:
    result = _result()
    change(result)
    with pytest.raises(AssertionError, match=text):
        replay.compare(RECORD, _stored(), result)


def test_integers_and_strings_are_compared_exactly() -> None:
    for array, other, dtype in (
        (np.array([1, 2]), np.array([1, 3]), "int64"),
        (np.array([b"a", b""], object), np.array([b"a", b"b"], object), "string"),
    ):
        stored = [recording.encode(array, dtype)]
        replay.compare_tensors(RECORD, "output", stored, [tf.constant(array)])
        with pytest.raises(AssertionError):
            replay.compare_tensors(RECORD, "output", stored, [tf.constant(other)])


@pytest.mark.parametrize(
    "inferred, recorded, specific, passes",
    [
        ([2, 3], [2, 3], True, True),
        ([2, 3], [None, 3], True, True),
        ([None, 3], [2, 3], True, False),
        ([None, 3], [2, 3], False, True),
        (None, [2, 3], True, False),
        (None, None, True, True),
        ([2], [2, 3], False, False),
        ([2, 4], [2, 3], False, False),
    ],
)
def test_static_shapes(inferred: Any, recorded: Any, specific: bool, passes: bool) -> None:
    record = case("x", f32(2), shapes="specific" if specific else "compatible")
    shapes = [tf.TensorShape(inferred)]
    if passes:
        replay.compare_shapes(record, [recorded], shapes)
    else:
        with pytest.raises(AssertionError):
            replay.compare_shapes(record, [recorded], shapes)


def test_arguments_depend_on_the_id_and_the_place_alone() -> None:
    first, second = (dict(fed_leaves(case("math.add", f32(4), f32(4)))) for _ in range(2))
    record = case("math.add", f32(4), f32(4))
    x, y = (make_leaf(record, first[p], p) for p in first)
    assert x.tolist() == make_leaf(record, second[(0,)], (0,)).tolist()
    assert x.tolist() != y.tolist()
    assert x.tolist() != make_leaf(case("math.sub", f32(4), f32(4)), first[(0,)], (0,)).tolist()


def test_ids_are_unique() -> None:
    records = unique([case("x", f32(2)), case("x", f32(2)), case("x", const([1]))])
    assert [r.id for r in records] == ["x(f32(2))", "x(f32(2)) #2", "x([1])"]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64", "bool", "uint8", "string"])
def test_tensors_survive_storing(dtype: str) -> None:
    array = np.asarray(tf.constant(Gen((2, 3), dtype).make("seed"), dtype=dtype).numpy())
    stored = recording.encode(array, dtype)
    assert recording.decode(stored).tolist() == array.tolist()


def test_storing_again_changes_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(recording, "RECORDED", tmp_path)
    content = {"cases": {"x": _stored()}, "tensorflow": "2"}
    assert recording.save("family", content)
    first = recording.path_of("family").read_bytes()
    assert not recording.save("family", copy.deepcopy(content))
    recording.path_of("family").unlink()
    assert recording.save("family", content)
    assert recording.path_of("family").read_bytes() == first


def test_what_cannot_be_compiled_does_not_hide_what_can(monkeypatch) -> None:
    good, bad = case("math.add", f32(2), f32(2)), case("broken", f32(2))
    members = {
        r.id: replay.Traced(r, {"outputs": []}) if r is good else _Broken() for r in (good, bad)
    }
    monkeypatch.setattr(replay, "traced", lambda family, ident, relaxed: members[ident])
    compiled = replay.Compiled([("f", good.id), ("f", bad.id)])
    result, _ = compiled.result("f", good.id)
    assert result.outputs[0].shape == [2]
    with pytest.raises(ZeroDivisionError):
        compiled.result("f", bad.id)


class _Broken:
    """A traced record whose compilation fails."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self.concrete = tf.function(lambda: tf.constant(1)).get_concrete_function()

    def reset(self) -> None:
        """There are no variables."""

    def function(self) -> Any:
        raise ZeroDivisionError


def test_patterns_of_gaps() -> None:
    assert replay.matches("math.*(f32(2)*)", "math.add(f32(2),f32(2))")
    assert not replay.matches("math.add(f32[2])", "math.add(f322)")
