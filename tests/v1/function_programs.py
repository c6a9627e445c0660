"""Functions whose TensorFlow 1 form has other parameters, or does something else."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.v1.program_table import program

# In float64: processors differ in the last places of float32 powers, and the sine magnifies that.
IMAGES = np.sin(np.arange(120.0) ** 1.5).astype(np.float32).reshape(2, 5, 4, 3)
BYTES = np.arange(32, dtype=np.uint8).reshape(1, 4, 4, 2)


def _shown(*results: Any) -> Any:
    return [[r.dtype.name, list(r.shape), np.round(r.numpy(), 5).tolist()] for r in results]


@program
def resizing(tf: Any) -> Any:
    image = tf.compat.v1.image
    return _shown(
        image.resize(BYTES, [4, 4]),
        *(image.resize(IMAGES, [3, 7], m, a) for m in (0, 1, 2, 3) for a in (False, True)),
        image.resize_images(IMAGES[0], [3, 7], tf.image.ResizeMethod.AREA),
        image.resize(IMAGES, [10, 6], preserve_aspect_ratio=True),
        image.resize_bilinear(IMAGES, [3, 7]),
        image.resize_bicubic(IMAGES, [3, 7], half_pixel_centers=True),
        image.resize_nearest_neighbor(BYTES, [3, 7], True),
        image.resize_area(IMAGES, [3, 7]),
        image.resize_image_with_pad(IMAGES, 8, 3),
        image.resize_image_with_pad(BYTES[0], 3, 9, 1, True),
    )


@program
def patches_and_morphology(tf: Any) -> Any:
    v1 = tf.compat.v1
    filters = np.ones((2, 2, 3), np.float32)
    ones = [1, 1, 1, 1]
    return _shown(
        v1.image.extract_image_patches(IMAGES, [1, 2, 2, 1], ones, ones, "VALID"),
        v1.extract_image_patches(IMAGES, strides=ones, rates=ones, padding="SAME", sizes=ones),
        v1.nn.erosion2d(IMAGES, filters, ones, ones, "SAME"),
        v1.nn.dilation2d(IMAGES, filters, ones, ones, "SAME"),
        *v1.nn.fractional_avg_pool(
            IMAGES, [1.0, 1.5, 1.5, 1.0], deterministic=True, seed=1, seed2=2
        ),
        v1.nn.fractional_max_pool(IMAGES, [1.0, 1.5, 1.5, 1.0], True, True, True, 1, 2)[0],
        *v1.image.sample_distorted_bounding_box(
            [50, 50, 3], [[[0.1, 0.2, 0.8, 0.9]]], seed=1, seed2=2, min_object_covered=0.5
        ),
    )


@program
def gradients_of_convolutions(tf: Any) -> Any:
    nn = tf.compat.v1.nn
    ones = [1, 1, 1, 1]
    filters = np.ones((2, 2, 3, 4), np.float32)
    slope = np.cos(np.arange(160, dtype=np.float32)).reshape(2, 5, 4, 4)
    depthwise = np.ones((2, 2, 3, 1), np.float32)
    return _shown(
        nn.conv2d_backprop_input([2, 5, 4, 3], filters, slope, ones, "SAME"),
        nn.conv2d_backprop_filter(IMAGES, [2, 2, 3, 4], slope, ones, "SAME"),
        nn.conv3d_backprop_filter(
            IMAGES[None], [1, 2, 2, 3, 4], slope[None], [1, 1, 1, 1, 1], "SAME"
        ),
        nn.depthwise_conv2d_native(IMAGES, depthwise, ones, "SAME"),
        nn.depthwise_conv2d_native_backprop_input(
            [2, 5, 4, 3], depthwise, slope[..., :3], ones, "SAME"
        ),
    )


@program
def losses_of_sequences(tf: Any) -> Any:
    nn = tf.compat.v1.nn
    labels = tf.sparse.from_dense([[1, 2], [1, 0]])
    logits = np.sin(np.arange(32, dtype=np.float32)).reshape(4, 2, 4)
    return _shown(
        nn.ctc_loss(labels, logits, [4, 4]),
        nn.ctc_loss(
            labels,
            inputs=logits.transpose(1, 0, 2),
            sequence_length=[4, 3],
            time_major=False,
            preprocess_collapse_repeated=True,
        ),
        nn.ctc_loss_v2(tf.constant([[1, 2]]), logits[:, :1], [2], [4]),
    )


@program
def old_names(tf: Any) -> Any:
    v1 = tf.compat.v1
    difference = v1.setdiff1d([1, 2, 3, 4], [2, 4])
    sizes = [v1.dimension_value(v1.Dimension(3)), v1.dimension_value(None)]
    sizes.append(v1.dimension_at_index(tf.TensorShape([4, 5]), 1).value)
    sizes.append(v1.dimension_at_index(tf.TensorShape(None), 1).value)
    return sizes, _shown(
        difference.out,
        difference.idx,
        v1.sparse_to_dense([[0, 1], [2, 0]], [3, 2], [5.0, 6.0], 1.0),
        v1.sparse_to_dense([1, 3], [5], 7),
        tf.strings.length(v1.substr(["hello", "world"], 1, 3)),
        v1.random.stateless_multinomial([[1.0, 2.0]], 3, [1, 2]),
    )
