"""One batch of many requests, and many answers of one."""

import numpy as np
import pytest

from tidefall.serving import Signature, TensorInfo
from tidefall.serving.batching import assembly


def signature(inputs, outputs):
    return Signature(
        {f"x{i}": TensorInfo("float32", shape) for i, shape in enumerate(inputs)},
        {f"y{i}": TensorInfo("float32", shape) for i, shape in enumerate(outputs)},
        lambda arrays: arrays,
    )


@pytest.mark.parametrize(
    ("inputs", "outputs", "reason"),
    [
        ([(None, 3)], [(None,)], ""),
        ([(1,)], [(1,)], ""),
        ([None], [None], ""),
        ([()], [(None,)], "input 'x0' (float32 []) has no dimension of rows"),
        ([(None,), (8, 3)], [(None,)], "input 'x1' (float32 [8,3]) has no dimension of rows"),
        ([(None,)], [(None,), ()], "output 'y1' (float32 []) has no dimension of rows"),
        ([(None,)], [(10,)], "output 'y0' (float32 [10]) has no dimension of rows"),
    ],
)
def test_signatures_without_rows_are_told(inputs, outputs, reason):
    assert assembly.why_unbatchable(signature(inputs, outputs)) == reason


@pytest.mark.parametrize(
    ("arrays", "rows"),
    [
        ({"a": np.ones(3)}, 3),
        ({"a": np.ones((3, 2)), "b": np.ones(3)}, 3),
        ({"a": np.ones(3), "b": np.ones(2)}, None),
        ({"a": np.float32(1)}, None),
        ({"a": np.ones((0, 2))}, 0),
    ],
)
def test_rows_are_counted(arrays, rows):
    assert assembly.count_rows(arrays) == rows


def test_requests_are_joined_and_filled_up_with_the_first_row():
    requests = [
        {"x": np.array([[1, 2]]), "s": np.array([b"a"], object)},
        {"x": np.array([[3, 4], [5, 6]]), "s": np.array([b"b", b"c"], object)},
    ]
    joined = assembly.join(requests, rows=3, size=5, pad_lengths=False)
    assert joined["x"].tolist() == [[1, 2], [3, 4], [5, 6], [1, 2], [1, 2]]
    assert joined["s"].tolist() == [b"a", b"b", b"c", b"a", b"a"]


def test_a_lone_request_that_needs_no_rows_is_not_copied():
    request = {"x": np.ones((4, 2))}
    assert assembly.join([request], rows=4, size=4, pad_lengths=True) is request


def test_lengths_are_filled_up_with_the_first_element():
    requests = [{"x": np.array([[7, 8, 9]])}, {"x": np.array([[5]])}, {"x": np.zeros((1, 0), int)}]
    joined = assembly.join(requests, rows=3, size=3, pad_lengths=True)
    assert joined["x"].tolist() == [[7, 8, 9], [5, 5, 5], [0, 0, 0]]


def test_answers_are_views_of_the_outputs():
    outputs = {"y": np.arange(6).reshape(3, 2)}
    part = assembly.cut(outputs, 1, 3)["y"]
    assert part.tolist() == [[2, 3], [4, 5]]
    assert part.base is not None


def test_outputs_without_the_rows_of_the_batch_are_told():
    assert assembly.rows_are_missing({"y": np.ones((3, 2))}, 3) == ""
    told = assembly.rows_are_missing({"y": np.ones(3), "z": np.float32(1)}, 3)
    assert told == "output 'z' has shape [] for a batch of 3 rows"
