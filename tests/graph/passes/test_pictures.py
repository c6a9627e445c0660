"""Pictures are prepared by one node, and nobody sees a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.graph.passes.pipeline import optimize
from tidefall.graph.verifier import verify
from tidefall.native.library import enabled
from tidefall.runtime.host.plan import HostPlan

generator = np.random.default_rng(0)


def _jpeg(height: int, width: int, channels: int = 3) -> bytes:
    pixels = generator.integers(0, 256, (height, width, channels), np.uint8)
    return tf.io.encode_jpeg(pixels).numpy()


def _decoded(data: Any) -> Any:
    return tf.io.decode_jpeg(data, channels=3)


def _resized(data: Any, size: tuple[int, int] = (40, 30), method: str = "bilinear") -> Any:
    return tf.image.resize(_decoded(data), size, method)


def _mirrored(x: Any, flag: Any, axis: int = -2) -> Any:
    return tf.where(flag, tf.reverse(x, [axis]), x)


def _augmented(data: Any, flag: Any, number: Any) -> Any:
    return tf.image.adjust_brightness(_mirrored(_resized(data), flag), number) / 255.0


def _standard(data: Any, flag: Any, number: Any) -> Any:
    x = _resized(data, (64, 64), "bicubic")
    return (x - np.float32([123, 117, 104])) / np.float32([58, 57, 57.5])


def _from_the_left(data: Any, flag: Any, number: Any) -> Any:
    return number / (1.5 - number * (2.0 + _resized(data, (33, 57), "area")))


def _turned(data: Any, flag: Any, number: Any) -> Any:
    x = _mirrored(tf.image.flip_left_right(_resized(data)), flag, -3)
    return _mirrored(x - number, tf.logical_not(flag)) * 2.0


def _cut(data: Any, flag: Any, number: Any) -> Any:
    return _mirrored(tf.image.resize(_decoded(data)[5:49, 2:60], (30, 41)) / 255.0, flag)


def _cut_to_box(data: Any, flag: Any, number: Any) -> Any:
    x = tf.image.crop_to_bounding_box(_decoded(data), 3, 4, 20, 30)
    return tf.image.resize(x, (30, 41)) + number


def _batch(data: Any, flag: Any, number: Any) -> Any:
    x = tf.stack([_decoded(data), _decoded(data) // 2])
    x = tf.ensure_shape(x, [2, None, None, 3])
    return _mirrored(tf.image.resize(x, (37, 29)), flag, 1) * np.float32([1, 2, 3])


def _floats(data: Any, flag: Any, number: Any) -> Any:
    x = tf.image.convert_image_dtype(_decoded(data), tf.float32)
    return tf.image.resize(x, (40, 40)) - number


# name: function, ops that are left
CASES: dict[str, tuple[Callable[..., Any], str]] = {
    "resized": (lambda d, f, n: _resized(d), "_FusedDecodeJpeg"),
    "cast": (lambda d, f, n: tf.image.resize(tf.cast(_decoded(d), tf.float32), (70, 90)) - 1.0,
             "_FusedDecodeJpeg"),
    "augmented": (_augmented, "_FusedDecodeJpeg"),
    "of each channel": (_standard, "_FusedDecodeJpeg"),
    "from the left": (_from_the_left, "_FusedDecodeJpeg"),
    "turned": (_turned, "_FusedDecodeJpeg LogicalNot"),
    "as large as before": (lambda d, f, n: _mirrored(_resized(d, (50, 64)), f) + n,
                           "_FusedDecodeJpeg"),
    "small": (lambda d, f, n: _mirrored(_resized(d, (5, 4)), f) + n, "_FusedDecodeJpeg"),
    "cut": (_cut, "DecodeJpeg StridedSlice _FusedResize"),
    "batch": (_batch, "DecodeJpeg FloorDiv Pack _FusedResize"),
    "floats": (_floats, "Cast DecodeJpeg Mul _FusedResize"),
    "gray": (lambda d, f, n: tf.image.resize(tf.io.decode_jpeg(d, channels=1), (50, 40)) * n,
             "_FusedDecodeJpeg"),
    "half the size": (lambda d, f, n: tf.image.resize(tf.io.decode_jpeg(d, 3, ratio=2), (30, 30)),
                      "_FusedDecodeJpeg"),
    # What others read, or what is no number, ends it.
    "read twice": (lambda d, f, n: (lambda x: (x, x + 1.0))(_resized(d)),
                   "AddV2 _FusedDecodeJpeg"),
    "two of one picture": (
        lambda d, f, n: _resized(d) + _mirrored(_resized(d, method="area"), f),
        "AddV2 DecodeJpeg _FusedResize",
    ),
    "a matrix": (lambda d, f, n: _resized(d) + np.ones((40, 30, 1), np.float32),
                 "AddV2 _FusedDecodeJpeg"),
    "the other way round": (lambda d, f, n: tf.where(f, _resized(d), tf.reverse(_resized(d), [1])),
                            "ReverseV2 SelectV2 _FusedDecodeJpeg"),
    "another decoder": (lambda d, f, n: tf.image.resize(
        tf.ensure_shape(tf.io.decode_image(d, expand_animations=False), [None, None, 3]), (40, 40)),
        "DecodeImage _FusedResize"),
    "another method": (lambda d, f, n: tf.image.resize(_decoded(d), (40, 40), "nearest"),
                       "DecodeJpeg ExpandDims ResizeNearestNeighbor Squeeze"),
}  # fmt: skip
SPECS = (tf.TensorSpec([], tf.string), tf.TensorSpec([], tf.bool), tf.TensorSpec([]))


def _optimized(function: Callable[..., Any]) -> Any:
    graph = optimize(tf.function(function).get_concrete_function(*SPECS).graph)
    verify(graph)
    return graph


def _ops(graph: Any) -> set[str]:
    return {node.type for node in graph.nodes} - {"Const", "Placeholder", "Identity"}


def _run(graph: Any, data: bytes, flag: bool, number: float) -> list[np.ndarray]:
    contents = np.empty((), object)
    contents[()] = data
    return HostPlan(graph).run([contents, np.array(flag), np.array(number, np.float32)])


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_results_are_the_same(case: str, native: bool) -> None:
    function, left = CASES[case]
    graph = _optimized(function)
    assert {op for op in _ops(graph) if op != "Assert"} >= set(left.split())
    assert not {"ResizeBilinear", "ResizeBicubic", "ResizeArea"} & _ops(graph)
    if "DecodeJpeg" not in left.split() and "DecodeImage" not in left:
        assert _ops(graph) == set(left.split())
    for shape in ((50, 64), (97, 61)):
        data = _jpeg(*shape)
        for flag in (True, False):
            given = tf.constant(data), tf.constant(flag), tf.constant(-0.37)
            expected = tf.nest.flatten(function(*given))
            with config.override(native=native and enabled()):
                found = _run(graph, data, flag, -0.37)
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other.numpy())


def test_a_box_is_cut_out() -> None:
    graph = _optimized(_cut_to_box)
    assert {"DecodeJpeg", "Slice", "_FusedResize"} <= _ops(graph)
    data = _jpeg(50, 64)
    expected = _cut_to_box(tf.constant(data), tf.constant(True), tf.constant(2.0))
    np.testing.assert_array_equal(_run(graph, data, True, 2.0)[0], expected)


PNG = tf.io.encode_png(np.arange(75, dtype=np.uint8).reshape(5, 5, 3)).numpy()
FILES = {
    "nothing": b"",
    "no picture": b"no picture at all",
    "header alone": _jpeg(40, 50)[:30],
    "cut off": _jpeg(40, 50)[:-300],
    "no end": _jpeg(40, 50)[:-2],
    "no pixels": b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x00\x03",
    "another format": PNG,
    "cut off, another format": PNG[:40],
    "gray": _jpeg(40, 50, 1),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_files_that_are_no_pictures_are_refused_alike(data: bytes) -> None:
    graph = tf.function(_augmented).get_concrete_function(*SPECS).graph
    said = []
    for each in (graph, optimize(graph)):
        try:
            said.append(_run(each, data, True, 0.5)[0].tolist())
        except tf.errors.OpError as error:
            said.append((type(error), error.message))
    assert said[0] == said[1]


@pytest.mark.parametrize("seed", range(6))
def test_damaged_files_give_the_same(seed: int) -> None:
    """Whatever the decoder makes of them, an error or a picture."""
    draw = np.random.default_rng(seed)
    graph = tf.function(_turned).get_concrete_function(*SPECS).graph
    fused = HostPlan(optimize(graph))
    plain = HostPlan(graph)
    good = _jpeg(*draw.integers(8, 90, 2))
    for _ in range(25):
        damaged = bytearray(good)
        for place in draw.integers(0, len(good), draw.integers(1, 6)):
            damaged[place] = draw.integers(0, 256)
        if draw.random() < 0.3:
            del damaged[int(draw.integers(2, len(good))) :]
        contents = np.empty((), object)
        contents[()] = bytes(damaged)
        said = []
        for plan in (plain, fused):
            try:
                made = plan.run([contents, np.array(True), np.array(0.5, np.float32)])[0]
                said.append((made.shape, made.tobytes()))
            except tf.errors.OpError as error:
                said.append((type(error), error.message))
        assert said[0] == said[1]


def test_a_pipeline_gives_what_the_single_functions_give() -> None:
    files = [_jpeg(*shape) for shape in ((50, 64), (97, 61), (20, 20), (130, 40))]

    def load(data: Any) -> Any:
        return _augmented(data, tf.strings.length(data) % 2 == 0, 3.0)

    for calls in (None, 2):
        dataset = tf.data.Dataset.from_tensor_slices(files).map(load, calls).batch(4)
        (found,) = dataset.as_numpy_iterator()
        np.testing.assert_array_equal(found, [load(tf.constant(file)) for file in files])
