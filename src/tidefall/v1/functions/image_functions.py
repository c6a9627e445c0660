"""Functions of `tf.compat.v1.image`: resizing as TensorFlow 1 did, and old names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.ops.image import resizing
from tidefall.ops.image.boxes import draw_bounding_boxes as boxes_in_color
from tidefall.ops.image.common import as_batch, unbatch
from tidefall.ops.random.seeds import get_seed
from tidefall.tensor.conversion import convert_to_tensor

# The ops by TensorFlow 1's numbers for the ways to resize, and TensorFlow 2's names.
_RESIZERS = {
    0: raw.ResizeBilinear,
    1: raw.ResizeNearestNeighbor,
    2: raw.ResizeBicubic,
    3: raw.ResizeArea,
    "bilinear": raw.ResizeBilinear,
    "nearest": raw.ResizeNearestNeighbor,
    "bicubic": raw.ResizeBicubic,
    "area": raw.ResizeArea,
}


@export("compat.v1.image.ResizeMethod")
class ResizeMethod:
    """TensorFlow 1's numbers for the ways to resize."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


@export("compat.v1.image.resize", "compat.v1.image.resize_images")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Any:
    """Resize images as TensorFlow 1 did: pixels are points, not areas.

    Args:
        images: `[batch, height, width, channels]` or `[height, width, channels]`.
        size: int32 vector, the new height and width.
        method: one of `tf.compat.v1.image.ResizeMethod`.
        align_corners: the corner pixels of both sizes are the same points.
        preserve_aspect_ratio: keep the ratio of height and width; `size` is then a limit.
        name: name scope of the nodes in a graph.

    Returns:
        The images as they are where the size is the same; otherwise float32, except that
        "nearest" keeps the dtype.

    Raises:
        ValueError: for images of another rank, a `size` that is not two integers, another method.
    """
    with name_scope(name or "resize"):
        images, single = as_batch(convert_to_tensor(images, name="images"))
        size = resizing.size_within(images, size, preserve_aspect_ratio)
        if resizing.has_size(images, size):
            return unbatch(images, single)
        if method not in _RESIZERS:
            raise ValueError(f"Resize method is not implemented: {method}")
        resized = _RESIZERS[method](images, size, align_corners=align_corners)
        return unbatch(resized, single)


@export("compat.v1.image.resize_image_with_pad")
def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Any:
    """`tf.image.resize_with_pad` with TensorFlow 1's way to resize.

    Args:
        image: `[batch, height, width, channels]` or `[height, width, channels]`.
        target_height, target_width: the new size.
        method, align_corners: see `tf.compat.v1.image.resize`.
    """

    def resized(image: Any, size: Any) -> Any:
        return resize_images(image, size, method, align_corners)

    return resizing.resized_and_padded(image, target_height, target_width, resized)


def _resizer(op: Op, public: str) -> None:
    def resize(
        images: Any,
        size: Any,
        align_corners: bool = False,
        name: str | None = None,
        half_pixel_centers: bool = False,
    ) -> Any:
        return op(
            images,
            size,
            align_corners=align_corners,
            half_pixel_centers=half_pixel_centers,
            name=name,
        )

    resize.__name__ = resize.__qualname__ = public
    resize.__doc__ = f"The op `{op.name}` for `[batch, height, width, channels]` images."
    export(f"compat.v1.image.{public}")(resize)


_resizer(raw.ResizeBilinear, "resize_bilinear")
_resizer(raw.ResizeNearestNeighbor, "resize_nearest_neighbor")
_resizer(raw.ResizeBicubic, "resize_bicubic")


@export("compat.v1.image.resize_area")
def resize_area(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None
) -> Any:
    """The op `ResizeArea` for `[batch, height, width, channels]` images."""
    return raw.ResizeArea(images, size, align_corners=align_corners, name=name)


@export("compat.v1.image.extract_image_patches", "compat.v1.extract_image_patches")
def extract_image_patches(
    images: Any,
    ksizes: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    rates: Sequence[int] | None = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Sequence[int] | None = None,
) -> Any:
    """`tf.image.extract_patches` with TensorFlow 1's parameters.

    Args:
        images: `[batch, height, width, channels]`.
        ksizes, sizes: the size of a patch in each dimension; one of the two.
        strides: the distance between patches.
        rates: the distance between the pixels of a patch.
        padding: "VALID" or "SAME".
        name: name of the node.

    Raises:
        ValueError: for both `ksizes` and `sizes`.
    """
    if sizes is not None and ksizes is not None:
        raise ValueError("Cannot specify both 'ksizes' and 'sizes'.")
    return raw.ExtractImagePatches(
        images,
        ksizes=sizes if ksizes is None else ksizes,
        strides=strides,
        rates=rates,
        padding=padding,
        name=name,
    )


@export("compat.v1.image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Sequence[float] | None = None,
    area_range: Sequence[float] | None = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """`tf.image.sample_distorted_bounding_box` with both seeds.

    Args:
        image_size: `[height, width, channels]`.
        bounding_boxes: `[batch, count, 4]`: ymin, xmin, ymax, xmax between 0 and 1.
        seed, seed2: the seeds of the op; without `seed2`, `seed` stands for the op's own.
        min_object_covered: least part of a box that the sample covers.
        aspect_ratio_range, area_range: between which width / height and the area's part lie.
        max_attempts: how many samples are tried.
        use_image_if_no_bounding_boxes: take the whole image where there is no box.
        name: name of the node.

    Returns:
        Begin and size for `tf.slice`, and the box for `tf.image.draw_bounding_boxes`.
    """
    if not seed2:
        seed, seed2 = get_seed(seed)
    return raw.SampleDistortedBoundingBoxV2(
        image_size,
        bounding_boxes,
        min_object_covered,
        seed=seed or 0,
        seed2=seed2 or 0,
        aspect_ratio_range=aspect_ratio_range or [0.75, 1.33],
        area_range=area_range or [0.05, 1.0],
        max_attempts=max_attempts or 100,
        use_image_if_no_bounding_boxes=bool(use_image_if_no_bounding_boxes),
        name=name,
    )


@export("compat.v1.image.draw_bounding_boxes")
def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Any:
    """`tf.image.draw_bounding_boxes`, where colours may be left out."""
    return boxes_in_color(images, boxes, colors, name)
