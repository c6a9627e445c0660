"""Boxes drawn by lot for cropping: SampleDistortedBoundingBox, V2 and stateless."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import DRAWS, PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.random import philox
from tidefall.ops.random.seeds import check_own_seed, eager_stream, node_stream, op_seeds
from tidefall.ops.random.stateless import seeded

F = np.float32
Box = tuple[int, int, int, int]  # least y, least x, largest y, largest x, in pixels


class _Numbers:
    """Random 32-bit words one after the other, and what is drawn from them."""

    def __init__(self, key: int, counter: int):
        self._words = self._stream(key, counter)

    @staticmethod
    def _stream(key: int, counter: int) -> Iterator[int]:
        while True:
            yield from philox.block(key, counter)
            counter = (counter + 1) % (1 << 128)

    def unit(self) -> np.float32:
        word = np.array([next(self._words)], np.uint32)
        return F(philox.to_unit(np, word, np.dtype(np.float32))[0])

    def below(self, limit: int) -> int:
        """An integer in [0, limit), without bias."""
        word = next(self._words)
        if limit & (limit - 1) == 0:
            return word & (limit - 1)
        rest = (0xFFFFFFFF % limit) + 1
        while word < rest:
            word = next(self._words)
        return word % limit


def _nearest(value: Any) -> int:
    return int(np.rint(value))


def _crop(
    width: int, height: int, low: float, high: float, aspect: np.float32, numbers: _Numbers
) -> Box | None:
    """A box of the given ratio whose area is in a range; None when there is no such box."""
    if high <= 0 or aspect <= 0 or width <= 0 or height <= 0 or low > high:
        return None
    least, most = F(low) * F(width) * F(height), F(high) * F(width) * F(height)
    rows = _nearest(math.sqrt(least / aspect))
    top = _nearest(math.sqrt(most / aspect))
    if _nearest(F(top) * aspect) > width:
        top = int((width + 0.5 - 1e-7) / float(aspect))
        if _nearest(F(top) * aspect) > width:
            top -= 1
    top = min(top, height)
    rows = min(rows, top)
    if rows < top:
        rows += numbers.below(top - rows + 1)
    columns = _nearest(F(rows) * aspect)
    # Rounding may miss the range by a little: try one row more, then one less.
    if F(columns * rows) < least:
        rows += 1
        columns = _nearest(F(rows) * aspect)
    if F(columns * rows) > most:
        rows -= 1
        columns = _nearest(F(rows) * aspect)
    area = F(columns * rows)
    fits = least <= area <= most and 0 < columns <= width and 0 < rows <= height
    if not fits:
        return None
    y = numbers.below(height - rows) if rows < height else 0
    x = numbers.below(width - columns) if columns < width else 0
    return y, x, y + rows, x + columns


def _area(box: Box) -> int:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def _covers(crop: Box, boxes: list[Box], share: float) -> bool:
    if _area(crop) < 1:
        return False
    for box in boxes:
        if _area(box) < 1:
            continue
        shared = (
            max(crop[0], box[0]),
            max(crop[1], box[1]),
            min(crop[2], box[2]),
            min(crop[3], box[3]),
        )
        if F(_area(shared)) / F(_area(box)) >= F(share):
            return True
    return False


def _sample(
    image_size: np.ndarray,
    bounding_boxes: np.ndarray,
    share: float,
    attrs: dict[str, Any],
    position: Callable[[int], tuple[int, int]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if image_size.shape != (3,):
        raise invalid(f"image_size must contain 3 elements, got {shape_text(image_size.shape)}")
    if bounding_boxes.ndim != 3 or bounding_boxes.shape[2] != 4:
        raise invalid(
            "bounding boxes must be 3-D [batch, num_boxes, 4], got shape "
            f"{shape_text(bounding_boxes.shape)}"
        )
    _check_attrs(attrs)
    if share < 0:
        raise invalid(f"Min object covered must be non-negative: {share}")
    height, width = int(image_size[0]), int(image_size[1])
    given = bounding_boxes.reshape(-1, 4)
    if not ((given >= 0) & (given <= 1)).all():
        raise invalid("All bounding box coordinates must be in [0.0, 1.0]")
    if (given[:, :2] > given[:, 2:]).any():
        raise invalid("Bounding boxes must have their first corner above and left of the second")
    scale = np.array([height, width, height, width], F)
    boxes: list[Box] = [tuple(int(v) for v in box * scale) for box in given]  # type: ignore[misc]
    if not boxes:
        if not attrs["use_image_if_no_bounding_boxes"]:
            raise invalid(
                "No bounding boxes provided as input. One must enable "
                "use_image_if_no_bounding_boxes if you wish to not provide any bounding boxes."
            )
        boxes = [(0, 0, height, width)]
    crop = _attempts(height, width, boxes, share, attrs, _Numbers(*position(attrs["max_attempts"])))
    y1, x1, y2, x2 = crop
    kind = image_size.dtype
    begin = np.array([y1, x1, 0], np.int64).astype(kind)
    size = np.array([y2 - y1, x2 - x1, -1], np.int64).astype(kind)
    box = np.array(crop, F) / scale
    return begin, size, box.reshape(1, 1, 4)


def _attempts(
    height: int,
    width: int,
    boxes: list[Box],
    share: float,
    attrs: dict[str, Any],
    numbers: _Numbers,
) -> Box:
    low, high = (F(v) for v in attrs["aspect_ratio_range"])
    areas = attrs["area_range"]
    for _ in range(attrs["max_attempts"]):
        aspect = F(numbers.unit() * (high - low) + low)
        crop = _crop(width, height, areas[0], areas[1], aspect, numbers)
        if crop is not None and _covers(crop, boxes, share):
            return crop
    return 0, 0, height, width


def _check_attrs(attrs: dict[str, Any]) -> None:
    for name in ("aspect_ratio_range", "area_range"):
        values = attrs[name]
        if len(values) != 2:
            raise invalid(f"{name} must contain 2 values, got {list(values)}")
        if min(values) <= 0:
            raise invalid(f"{name} must be positive, got {list(values)}")
    if max(attrs["area_range"]) > 1:
        raise invalid(f"Area range must be at most 1, got {list(attrs['area_range'])}")
    if attrs["max_attempts"] <= 0:
        raise invalid(f"Max attempts must be positive, got {attrs['max_attempts']}")


def _shape(c: Inference) -> list[TensorShape]:
    size, boxes = c.shape(0), c.shape(1)
    if size.rank not in (None, 1) or boxes.rank not in (None, 3):
        raise ValueError(
            f"image_size must be 1-D and boxes 3-D, got {shape_text(size)}, {shape_text(boxes)}"
        )
    return [TensorShape([3]), TensorShape([3]), TensorShape([1, 1, 4])]


# ---- ops that keep a generator ----


def _stateful(name: str, given: bool) -> Any:
    """`given`: the share of an object to cover is an input instead of an attribute."""

    def draw(stream_of: Callable[[int, int], Any]) -> Callable[..., Any]:
        def kernel(
            image_size: np.ndarray,
            bounding_boxes: np.ndarray,
            min_object_covered: Any,
            seed: int,
            seed2: int,
            attrs: dict[str, Any],
        ) -> Any:
            # The generator sets four words aside for each attempt: one block.
            return _sample(
                image_size,
                bounding_boxes,
                float(min_object_covered),
                attrs,
                lambda attempts: stream_of(seed, seed2).reserve(attempts),
            )

        return kernel

    def build(stream_of: Callable[[int, int], Any]) -> Callable[..., Any]:
        run = draw(stream_of)
        if given:

            def with_input(
                image_size: np.ndarray,
                bounding_boxes: np.ndarray,
                min_object_covered: np.ndarray,
                *,
                seed: int,
                seed2: int,
                aspect_ratio_range: Any,
                area_range: Any,
                max_attempts: int,
                use_image_if_no_bounding_boxes: bool,
            ) -> Any:
                attrs = _attrs(
                    aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
                )
                share = np.asarray(min_object_covered).reshape(-1)[0]
                return run(image_size, bounding_boxes, share, seed, seed2, attrs)

            return with_input

        def with_attribute(
            image_size: np.ndarray,
            bounding_boxes: np.ndarray,
            *,
            seed: int,
            seed2: int,
            min_object_covered: float,
            aspect_ratio_range: Any,
            area_range: Any,
            max_attempts: int,
            use_image_if_no_bounding_boxes: bool,
        ) -> Any:
            attrs = _attrs(
                aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
            )
            return run(image_size, bounding_boxes, min_object_covered, seed, seed2, attrs)

        return with_attribute

    host = build(lambda seed, seed2: eager_stream(name, seed, seed2))
    host.for_node = lambda node: build(lambda seed, seed2: node_stream(node))  # type: ignore[attr-defined]
    return op(name, shape=_shape, host=host, effects=DRAWS, gradient=NOT_DIFFERENTIABLE)


def _attrs(aspect: Any, area: Any, attempts: int, whole: bool) -> dict[str, Any]:
    return {
        "aspect_ratio_range": aspect,
        "area_range": area,
        "max_attempts": attempts,
        "use_image_if_no_bounding_boxes": whole,
    }


_stateful("SampleDistortedBoundingBox", given=False)
sample_op = _stateful("SampleDistortedBoundingBoxV2", given=True)


def _stateless_host(
    image_size: np.ndarray,
    bounding_boxes: np.ndarray,
    min_object_covered: np.ndarray,
    seed: np.ndarray,
    *,
    aspect_ratio_range: Any,
    area_range: Any,
    max_attempts: int,
    use_image_if_no_bounding_boxes: bool,
    T: DType,
) -> Any:
    attrs = _attrs(aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes)
    key, counter = seeded(seed)
    share = float(min_object_covered)
    return _sample(image_size, bounding_boxes, share, attrs, lambda _: (key, counter))


stateless_sample_op = op(
    "StatelessSampleDistortedBoundingBox",
    shape=_shape,
    host=_stateless_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


class SampleDistortedBoundingBoxV2(NamedTuple):
    """What `sample_distorted_bounding_box` returns."""

    begin: Any
    size: Any
    bboxes: Any


class StatelessSampleDistortedBoundingBox(NamedTuple):
    """What `stateless_sample_distorted_bounding_box` returns."""

    begin: Any
    size: Any
    bboxes: Any


def _options(
    aspect_ratio_range: Any, area_range: Any, max_attempts: int | None, whole: bool | None
) -> dict[str, Any]:
    return {
        "aspect_ratio_range": list(aspect_ratio_range or (0.75, 1.33)),
        "area_range": list(area_range or (0.05, 1.0)),
        "max_attempts": 100 if max_attempts is None else max_attempts,
        "use_image_if_no_bounding_boxes": bool(whole),
    }


@export("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int = 0,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """Draw a box by lot that covers enough of one of the given boxes, for cropping.

    Args:
        image_size: integer `[3]`: height, width, channels.
        bounding_boxes: float32 `[batch, boxes, 4]`: `y1, x1, y2, x2`, all in 0 to 1.
        seed: seed of this op; 0 for none, see `tf.random.set_seed`.
        min_object_covered: the share of a given box that must be inside.
        aspect_ratio_range: limits of width over height; None is 0.75 to 1.33.
        area_range: limits of the share of the image; None is 0.05 to 1.
        max_attempts: after as many attempts (None is 100) the whole image is taken.
        use_image_if_no_bounding_boxes: take the image for a box where none is given.
        name: name scope of the nodes in a graph.

    Returns:
        `(begin, size, bboxes)`: two integer tensors `[3]` for `tf.slice`, and the box as float32
        `[1, 1, 4]`.

    Raises:
        InvalidArgumentError: for other shapes, limits or boxes that are not in 0 to 1.
        ValueError: without a seed when determinism is asked for.

    >>> import tidefall as tf
    >>> begin, size, box = tf.image.sample_distorted_bounding_box(
    ...     [8, 8, 3], [[[0.0, 0.0, 1.0, 1.0]]], seed=1
    ... )
    >>> box.shape
    TensorShape([1, 1, 4])
    """
    with name_scope(name or "sample_distorted_bounding_box"):
        check_own_seed("tf.image.sample_distorted_bounding_box", seed)
        seeds = op_seeds(seed) if seed else {"seed": 0, "seed2": 0}
        options = _options(
            aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
        )
        drawn = sample_op(image_size, bounding_boxes, min_object_covered, **seeds, **options)
        return SampleDistortedBoundingBoxV2(*drawn)


@export("image.stateless_sample_distorted_bounding_box")
def stateless_sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: Any,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """A box for cropping that a seed decides; it covers enough of one of the given boxes.

    Args:
        image_size: integer `[3]`: height, width, channels.
        bounding_boxes: float32 `[batch, boxes, 4]`: `y1, x1, y2, x2`, all in 0 to 1.
        seed: two integers; the same seed gives the same result.
        min_object_covered: the share of a given box that must be inside.
        aspect_ratio_range: limits of width over height; None is 0.75 to 1.33.
        area_range: limits of the share of the image; None is 0.05 to 1.
        max_attempts: after as many attempts (None is 100) the whole image is taken.
        use_image_if_no_bounding_boxes: take the image for a box where none is given.
        name: name scope of the nodes in a graph.

    Returns:
        `(begin, size, bboxes)`: two integer tensors `[3]` for `tf.slice`, and the box as float32
        `[1, 1, 4]`.

    Raises:
        InvalidArgumentError: for other shapes, limits or boxes that are not in 0 to 1.

    >>> import tidefall as tf
    >>> begin, size, box = tf.image.stateless_sample_distorted_bounding_box(
    ...     [8, 8, 3], [[[0.0, 0.0, 1.0, 1.0]]], seed=(1, 2)
    ... )
    >>> box.shape
    TensorShape([1, 1, 4])
    """
    with name_scope(name or "stateless_sample_distorted_bounding_box"):
        options = _options(
            aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
        )
        drawn = stateless_sample_op(image_size, bounding_boxes, min_object_covered, seed, **options)
        return StatelessSampleDistortedBoundingBox(*drawn)
