"""`tf.image.resize` of images that differ in size."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.dispatch import api, handles
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known
from tidefall.control_flow.functional import map_fn
from tidefall.ops.image.resizing import ResizeMethod
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec


@handles("image.resize", given=RaggedTensor)
def _resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Resize the images of a ragged batch one by one, which makes them a dense batch."""
    if images.shape.rank != 4:
        raise ValueError(
            "tf.image.resize: images.shape.rank must be 4 if images is ragged. Received a shape of "
            f"{images.shape}."
        )
    if preserve_aspect_ratio:
        raise ValueError(
            "tf.image.resize of ragged images makes all of them the same size, so that "
            "preserve_aspect_ratio cannot be True."
        )
    size = convert_to_tensor(size, dtypes.int32)
    given = known(size)
    height, width = (None, None) if given is None or given.shape != (2,) else given.tolist()
    nearest = method in (ResizeMethod.NEAREST_NEIGHBOR, b"nearest")
    dtype = images.dtype if nearest else dtypes.float32
    resize = api("image.resize").function

    def one(image: Any) -> Any:
        dense = image.to_tensor() if isinstance(image, RaggedTensor) else image
        return resize(dense, size, method, antialias=antialias)

    shape = TensorShape([height, width, images.shape[3]])
    return map_fn(one, images, fn_output_signature=TensorSpec(shape, dtype), name=name)
