"""What is asked of pictures, of TensorFlow when recording and of Tidefall when testing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Call = Callable[[], Any]
WINDOWS = [[0, 0, 2, 3], [3, 7, 4, 11], [2, 1, 11, 17], [0, 0, 13, 18], [0, 0, 14, 18]]


def decodings(tf: Any, name: str, file: bytes) -> Iterator[tuple[str, Call]]:
    """The decoders that a file is given to, with their options."""
    kind = name.split("-")[0]
    yield "image", lambda: tf.io.decode_image(file)
    for channels in (1, 3, 4):
        yield f"image {channels}", lambda c=channels: tf.io.decode_image(file, channels=c)
    yield "image uint16", lambda: tf.io.decode_image(file, dtype=tf.uint16)
    yield "image float32", lambda: tf.io.decode_image(file, dtype=tf.float32)
    yield "image still", lambda: tf.io.decode_image(file, expand_animations=False)
    if kind == "png":
        for channels in (0, 1, 2, 3, 4):
            yield f"png {channels}", lambda c=channels: tf.io.decode_png(file, channels=c)
        yield "png uint16", lambda: tf.io.decode_png(file, dtype=tf.uint16)
    elif kind == "jpeg":
        yield "shape", lambda: tf.io.extract_jpeg_shape(file)
        for channels in (0, 1, 3):
            yield f"jpeg {channels}", lambda c=channels: tf.io.decode_jpeg(file, channels=c)
        for ratio in (2, 4, 8):
            yield f"jpeg 1/{ratio}", lambda r=ratio: tf.io.decode_jpeg(file, ratio=r)
        yield "jpeg rough", lambda: tf.io.decode_jpeg(file, fancy_upscaling=False)
        yield "jpeg exact", lambda: tf.io.decode_jpeg(file, dct_method="INTEGER_ACCURATE")
        if "~" not in name:
            for window in WINDOWS:
                yield f"crop {window}", lambda w=window: tf.io.decode_and_crop_jpeg(file, w)
    elif kind == "gif":
        yield "gif", lambda: tf.io.decode_gif(file)
        yield "png", lambda: tf.io.decode_png(file)
    elif kind == "bmp":
        for channels in (0, 3, 4):
            yield f"bmp {channels}", lambda c=channels: tf.io.decode_bmp(file, channels=c)
    elif kind == "webp":
        for channels in (0, 3, 4):
            yield f"webp {channels}", lambda c=channels: tf.io.decode_webp(file, channels=c)


def draws(tf: Any) -> Iterator[tuple[str, Call]]:
    """Functions that change pictures by lot, after `set_seed`."""
    y, x, c = np.mgrid[0:4, 0:5, 0:3]
    rgb = ((y * 7 + x * 5 + c * 3) % 16 / 16).astype(np.float32)
    image = tf.image
    for name, limits in (
        ("random_brightness", (0.3,)),
        ("random_contrast", (0.2, 0.9)),
        ("random_hue", (0.4,)),
        ("random_saturation", (0.2, 0.9)),
        ("random_flip_left_right", ()),
        ("random_flip_up_down", ()),
    ):
        for seed in (None, 7):
            yield f"{name} {seed}", lambda n=name, a=limits, s=seed: getattr(image, n)(rgb, *a, s)
        yield (
            f"stateless_{name}",
            lambda n=name, a=limits: getattr(image, f"stateless_{n}")(rgb, *a, seed=[3, 9]),
        )
    flips = [rgb + k for k in range(6)]
    yield "random_flip_left_right batch", lambda: image.random_flip_left_right(np.stack(flips), 1)
    for seed in (None, 7):
        yield f"random_crop {seed}", lambda s=seed: image.random_crop(rgb, [2, 3, 3], s)
    boxes = np.array([[[0.1, 0.2, 0.5, 0.7], [0.4, 0.3, 0.9, 0.8]]], np.float32)
    for seed in (5,):
        for share in (0.1, 0.8):
            yield (
                f"sample_distorted_bounding_box {seed} {share}",
                lambda s=seed, m=share: image.sample_distorted_bounding_box(
                    [40, 60, 3], boxes, s, min_object_covered=m
                ),
            )
    yield (
        "sample_distorted_bounding_box without boxes",
        lambda: image.sample_distorted_bounding_box(
            [40, 60, 3],
            np.zeros([0, 0, 4], np.float32),
            3,
            area_range=(0.2, 0.6),
            use_image_if_no_bounding_boxes=True,
        ),
    )


def suppressions(tf: Any) -> Iterator[tuple[str, Call]]:
    """Boxes that lie every way, for `non_max_suppression_padded`."""
    modes = [(4, False, False), (512, False, False), (4, True, False), (4, False, True)]
    for seed in range(56):
        random = np.random.default_rng(seed)
        corner, kind = random.uniform(0, 3, (2, 11, 2)), seed % 7
        boxes = np.concatenate([corner, corner + random.uniform(0.2, 2, corner.shape)], -1)
        if kind == 1:
            boxes = boxes - 2
        elif kind == 2:
            boxes = np.where(random.random((2, 11, 1)) < 0.5, boxes, boxes[..., [2, 3, 0, 1]])
        elif kind == 3:
            boxes = boxes[..., [2, 3, 0, 1]]
        elif kind == 4:
            boxes = np.round(boxes)
        elif kind == 5:
            boxes = np.repeat(boxes[:, :1], 11, 1)
        elif kind == 6:
            boxes = boxes[..., [0, 3, 2, 1]]
        scores = np.round(random.random((2, 11)), 1)
        tile, ordered, canonical = modes[int(random.integers(0, 4))]
        # Tensors, because TensorFlow traces anew for every number.
        options = {
            "max_output_size": tf.constant(int(random.integers(0, 14))),
            "iou_threshold": tf.constant(float(random.choice([0, 0.1, 0.3, 0.5, 1.0]))),
            "score_threshold": tf.constant(float(random.choice([-np.inf, 0.3]))),
            "tile_size": tile,
            "sorted_input": ordered,
            "canonicalized_coordinates": canonical,
            "pad_to_max_output_size": seed % 5 > 0,
        }
        many = slice(None) if seed % 5 else 0
        yield (
            str(seed),
            lambda b=boxes[many], s=scores[many], o=options: tf.image.non_max_suppression_padded(
                tf.constant(b, tf.float32), tf.constant(s, tf.float32), **o
            ),
        )


def outcome(call: Call) -> list[Any] | str:
    """What a call gave, ready for JSON: arrays, or the class of the error."""
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - the class is what is compared
        return type(error).__name__
    parts = list(result) if isinstance(result, (list, tuple)) else [result]
    return [_told(np.asarray(part)) for part in parts]


def _told(array: np.ndarray) -> list[Any]:
    """dtype, shape and values of an array; of many values only a digest."""
    if array.size <= 64:
        return [array.dtype.name, list(array.shape), array.ravel().tolist()]
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
    return [array.dtype.name, list(array.shape), digest]
