"""Images: resizing, crops, colours, quality, boxes, and chance."""

import numpy as np

from tests.oracle.spec import (
    T,
    case,
    cases,
    const,
    f32,
    ints,
    program,
    raises,
    tensor,
    values,
)

PIXELS = ("float16", "float32", "float64", "uint8", "int32")
METHODS = ["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian"]
METHODS += ["mitchellcubic"]
SMOOTH = [m for m in METHODS if m != "area"]
MODES = [(False, False), (True, False), (False, True)]
BOXES = tensor([[0.0, 0.0, 1.0, 1.0], [0.1, 0.2, 0.7, 0.9], [-0.2, 0.3, 1.2, 0.5]])
CORNERS = tensor(
    [
        [0.0, 0.0, 1.0, 1.0],
        [0.0, 0.1, 1.0, 1.1],
        [0.0, 0.9, 1.0, 1.9],
        [1.0, 3.0, 0.0, 2.0],
        [0.1, 2.1, 0.9, 2.9],
    ]
)
SCORES = tensor([0.5, 0.9, 0.6, 0.8, 0.8])
RGB = f32(2, 4, 5, 3, low=0.0, high=1.0)
SEED = const([3, 7], "int32")
HOST = ("eager", "host")
DRAWN = tensor([[[0.1, 0.2, 0.5, 0.7], [0.0, 0.0, 1.0, 1.0], [-0.3, 0.4, 0.6, 1.5]]])
TURN = tensor([[1.1, 0.2, -1.0, 0.1, 0.9, 1.0, 0.01, 0.02]])

RESIZES = [
    *[
        case("image.resize", f32(2, 5, 7, 3), size, method=m, antialias=a)
        for m in METHODS
        for a in (False, True)
        for size in ([3, 4], [9, 11], [1, 1], [5, 7])
    ],
    *[case("image.resize", f32(5, 7, 2), [3, 9], method=m, grad=(0,)) for m in SMOOTH],
    case("image.resize", f32(5, 7, 2), [3, 9], antialias=True, grad=(0,)),
    *cases("image.resize", [T(1, 4, 4, 2), [3, 5]], dtypes=PIXELS),
    *cases("image.resize", [T(1, 4, 4, 2), [3, 5]], dtypes=PIXELS, method="nearest"),
    case("image.resize", f32(1, 4, 8, 1), [6, 6], preserve_aspect_ratio=True),
    case("image.resize", f32(0, 4, 8, 1), [6, 6]),
    case("image.resize_with_pad", f32(4, 8, 2), 6, 7, grad=(0,)),
    case("image.resize_with_pad", f32(1, 9, 3, 2), 7, 5, method="nearest"),
    case("image.resize_with_crop_or_pad", f32(1, 4, 8, 2), 6, 5, grad=(0,)),
    program(
        "resize-by-tensor",
        lambda tf, x: tf.image.resize(x, tf.shape(x)[1:3] * 2),
        f32(1, 3, 4, 2),
    ),
    raises("image.resize", f32(4, 4), [2, 2]),
    raises("image.resize", f32(4, 4, 1), [2, 2, 2]),
    raises("image.resize", f32(4, 4, 1), [0, 2]),
    raises("image.resize", f32(0, 4, 1), [2, 2]),
    raises("image.resize", f32(4, 4, 1), [2, 2], "no-such-method"),
]

RAW = [
    *[
        case(
            f"raw_ops.{name}",
            images=f32(1, 4, 5, 2),
            size=const(size),
            align_corners=a,
            half_pixel_centers=h,
        )
        for name in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic")
        for a, h in MODES
        for size in ([3, 7], [8, 2], [1, 1])
    ],
    *[
        case("raw_ops.ResizeArea", images=f32(1, 4, 5, 2), size=const([3, 7]), align_corners=a)
        for a in (False, True)
    ],
    *[
        program(
            f"grad-{name}-{a}-{h}",
            lambda tf, x, name=name, a=a, h=h: getattr(tf.raw_ops, name)(
                images=x, size=[3, 7], align_corners=a, half_pixel_centers=h
            ),
            f32(1, 4, 5, 2),
            grad=True,
        )
        for name in ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic")
        for a, h in MODES
    ],
    case(
        "raw_ops.ScaleAndTranslate",
        images=f32(1, 5, 6, 2),
        size=const([4, 8]),
        scale=const([0.7, 1.5]),
        translation=const([0.3, -0.6]),
        grad=("images",),
    ),
    raises(
        "raw_ops.ResizeBilinear",
        images=f32(1, 4, 5, 2),
        size=const([3, 3]),
        align_corners=True,
        half_pixel_centers=True,
    ),
]

CROPS = [
    *[
        case(
            "image.crop_and_resize",
            f32(2, 6, 7, 2),
            BOXES,
            const([0, 1, 1]),
            size,
            method=m,
            extrapolation_value=0.5,
            grad=(0, 1),
        )
        for m in ("bilinear", "nearest")
        for size in ([3, 4], [1, 1], [8, 2])
    ],
    *cases(
        "image.crop_and_resize", [T(2, 4, 4, 1), BOXES, const([0, 1, 0]), [2, 3]], dtypes=PIXELS
    ),
    case("image.pad_to_bounding_box", f32(2, 3, 4, 1), 1, 2, 6, 7, grad=(0,)),
    case("image.pad_to_bounding_box", ints(3, 4, 1), 0, 0, 3, 4),
    case("image.crop_to_bounding_box", f32(2, 5, 6, 1), 1, 2, 3, 2, grad=(0,)),
    *[case("image.central_crop", f32(5, 6, 2), share) for share in (0.3, 0.5, 0.9, 1.0)],
    case("image.central_crop", f32(2, 5, 6, 2), 0.6, grad=(0,)),
    raises("image.crop_and_resize", f32(2, 4, 4, 1), BOXES, const([0, 1, 2]), [2, 2]),
    raises("image.crop_and_resize", f32(2, 4, 4, 1), BOXES, const([0, 1]), [2, 2]),
    raises("image.pad_to_bounding_box", f32(3, 4, 1), -1, 0, 6, 7),
    raises("image.pad_to_bounding_box", f32(3, 4, 1), 4, 0, 6, 7),
    raises("image.crop_to_bounding_box", f32(3, 4, 1), 1, 2, 3, 2),
    raises("image.central_crop", f32(3, 4, 1), 0.0),
]

FLIPS = [
    *cases(
        ["image.flip_left_right", "image.flip_up_down", "image.rot90", "image.transpose"],
        [T(2, 3, 4, 2)],
        [T(3, 4, 1)],
        dtypes=("float32", "uint8"),
    ),
    *[case("image.rot90", f32(3, 4, 2), k, grad=(0,)) for k in (-1, 0, 2, 3, 5)],
    program(
        "rot90-by-tensor",
        lambda tf, x, k: tf.image.rot90(x, k),
        f32(3, 3, 1),
        tensor(3),
        executors=HOST,
    ),
    raises("image.flip_left_right", f32(3, 4)),
    raises("image.flip_up_down", f32(0, 4, 1)),
    raises("image.transpose", f32(1, 2, 3, 4, 5)),
]

COLOURS = [
    *cases(["image.rgb_to_hsv", "image.hsv_to_rgb"], [T(4, 3, low=0.0, high=1.0)]),
    case("image.rgb_to_hsv", f32(2, 5, 3, low=0.0, high=1.0), grad=True),
    *cases(
        ["image.rgb_to_yuv", "image.yuv_to_rgb", "image.rgb_to_yiq", "image.yiq_to_rgb"],
        [T(2, 3, 3)],
        dtypes=("float32", "float64"),
        grad=True,
    ),
    case("image.rgb_to_grayscale", RGB, grad=True),
    case("image.rgb_to_grayscale", values(2, 3, 3, dtype="uint8", high=256)),
    case("image.grayscale_to_rgb", f32(2, 3, 1), grad=True),
    case("image.adjust_hue", ints(2, 3, 3, low=0, high=20), 0.2, executors=("eager", "host")),
    *[case("image.adjust_hue", RGB, delta) for delta in (-0.7, 0.0, 0.3)],
    *[case("image.adjust_saturation", RGB, factor) for factor in (0.0, 0.5, 3.0)],
    *[case("image.adjust_contrast", RGB, factor) for factor in (0.0, 0.5, 3.0)],
    case("image.adjust_contrast", values(3, 4, 3, dtype="uint8", high=256), 1.5),
    case("image.adjust_brightness", RGB, 0.3, grad=(0,)),
    case("image.adjust_brightness", values(3, 4, 3, dtype="uint8", high=256), -0.3),
    case("image.adjust_gamma", RGB, 0.7, 1.1, grad=(0,)),
    case("image.per_image_standardization", RGB, grad=True),
    case("image.per_image_standardization", values(3, 4, 3, dtype="uint8", high=256)),
    *[
        case("image.convert_image_dtype", values(2, 3, dtype=source, low=0, high=high), target, s)
        for source, high in (("uint8", 256), ("float32", 1.0), ("int16", 9999), ("float64", 1.0))
        for target in ("uint8", "int32", "float32", "float16", "uint16")
        for s in (False, True)
    ],
    raises("image.adjust_gamma", RGB, -1.0),
    raises("image.convert_image_dtype", RGB, "complex64"),
    raises("image.grayscale_to_rgb", f32(3, 3, 2)),
    raises("image.adjust_hue", f32(3, 3, 2), 0.1),
    raises("image.per_image_standardization", f32(3, 3)),
]

MEASURES = [
    case("image.psnr", RGB, RGB, 1.0),
    case("image.psnr", RGB, f32(4, 5, 3), 1.0, grad=(0, 1)),
    case("image.ssim", f32(2, 12, 13, 2), f32(2, 12, 13, 2), 1.0, grad=(0, 1)),
    case("image.ssim", f32(12, 13, 1), f32(12, 13, 1), 2.0, filter_size=5, return_index_map=True),
    case(
        "image.ssim_multiscale",
        f32(1, 25, 26, 1),
        f32(1, 25, 26, 1),
        1.0,
        power_factors=[0.4, 0.6],
        grad=(0,),
        atol=1e-5,
    ),
    case("image.total_variation", f32(2, 3, 4, 2), grad=True),
    case("image.total_variation", f32(3, 4, 2)),
    case("image.image_gradients", f32(2, 3, 4, 2), grad=True),
    case("image.sobel_edges", f32(2, 3, 4, 2), grad=True),
    raises("image.ssim", f32(5, 5, 1), f32(5, 5, 1), 1.0),
    raises("image.total_variation", f32(5, 5)),
    raises("image.image_gradients", f32(5, 5, 1)),
]

SELECTIONS = [
    *[
        case("image.non_max_suppression", CORNERS, SCORES, m, iou, least, executors=HOST)
        for m in (0, 2, 9)
        for iou in (0.0, 0.5, 1.0)
        for least in (float("-inf"), 0.55)
    ],
    *[
        case(
            "image.non_max_suppression_with_scores",
            CORNERS,
            SCORES,
            m,
            0.5,
            0.1,
            sigma,
            executors=HOST,
        )
        for m in (2, 9)
        for sigma in (0.0, 0.5)
    ],
    case(
        "image.non_max_suppression_overlaps",
        f32(5, 5, low=0.0, high=1.0),
        SCORES,
        4,
        executors=HOST,
    ),
    *[
        case(
            "image.combined_non_max_suppression",
            f32(2, 6, q, 4),
            f32(2, 6, 3),
            2,
            5,
            pad_per_class=p,
            executors=HOST,
            shapes="compatible",
        )
        for q in (1, 3)
        for p in (False, True)
    ],
    *[
        case("image.draw_bounding_boxes", f32(1, 8, 9, c), DRAWN, colours, executors=HOST)
        for c in (1, 3, 4)
        for colours in (None, np.linspace(0, 1, 8).astype(np.float32).reshape(2, 4))
    ],
    *[
        case(
            "image.extract_glimpse",
            f32(2, 6, 7, 2),
            const([3, 4]),
            tensor([[0.0, 0.5], [-1.0, 3.0]]),
            c,
            n,
            noise="zero",
            executors=HOST,
        )
        for c in (False, True)
        for n in (False, True)
    ],
    *[
        case(
            "raw_ops.ImageProjectiveTransformV3",
            images=f32(2, 6, 7, 2),
            transforms=TURN,
            output_shape=const([5, 8]),
            fill_value=const(0.5),
            interpolation=i,
            fill_mode=m,
        )
        for i in ("NEAREST", "BILINEAR")
        for m in ("CONSTANT", "REFLECT", "WRAP", "NEAREST")
    ],
    raises("image.non_max_suppression", CORNERS, SCORES, 3, 1.5),
    raises("image.non_max_suppression", CORNERS, f32(4), 3),
    raises("image.draw_bounding_boxes", f32(1, 8, 9, 2), DRAWN, None),
]

CHANCE = [
    *[
        case(f"image.stateless_random_{name}", RGB, *limits, seed=SEED)
        for name, limits in (
            ("brightness", (0.3,)),
            ("contrast", (0.2, 0.9)),
            ("hue", (0.4,)),
            ("saturation", (0.2, 0.9)),
            ("flip_left_right", ()),
            ("flip_up_down", ()),
        )
    ],
    case("image.stateless_random_crop", RGB, [1, 2, 3, 3], SEED),
    *[
        case(
            "image.stateless_sample_distorted_bounding_box",
            const([40, 50, 3]),
            tensor([[[0.1, 0.2, 0.5, 0.7]]]),
            const([s, 3]),
            min_object_covered=share,
            executors=HOST,
        )
        for s in range(4)
        for share in (0.1, 0.7)
    ],
    raises("image.stateless_random_hue", RGB, 0.9, seed=SEED),
    raises("image.stateless_random_contrast", RGB, 0.9, 0.2, seed=SEED),
    raises("image.stateless_random_crop", RGB, [3, 2, 3, 3], SEED),
]

CASES = [*RESIZES, *RAW, *CROPS, *FLIPS, *COLOURS, *MEASURES, *SELECTIONS, *CHANCE]
