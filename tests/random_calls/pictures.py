"""Pictures: colours, sizes, crops, boxes, measures."""

from __future__ import annotations

from typing import Any

from tests.oracle.spec import tensor
from tests.random_calls.draw import FLOATS, REALS, Call, Draw, Maker, Table, call

PIXELS = ("uint8", "uint8", "float32", "float32", "float64", "float16", "int16", "int32", "uint16")
METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian")
METHODS = (*METHODS, "mitchellcubic", "BILINEAR", "cubic")


def _shape(d: Draw, depth: int | None = None, most: int = 5) -> tuple[int, ...]:
    lead = d.pick((), (), (1,), (2,), (0,)) if not d.chance(0.07) else (2, 2)
    return (*lead, d.int(1, most), d.int(1, most), d.int(1, 4) if depth is None else depth)


def _picture(
    d: Draw, dtypes: Any = PIXELS, depth: int | None = None, most: int = 5, low: float = 0
) -> Any:
    dtype = dtypes if isinstance(dtypes, str) else d.pick(*dtypes)
    return d.x(dtype, _shape(d, depth, most), low=low, high=1 if "float" in dtype else 100)


def _colours(dtypes: Any = FLOATS) -> Maker:
    return lambda d: call(_picture(d, dtypes, 3))


def _adjusted(*amounts: Any, depth: int | None = None) -> Maker:
    return lambda d: call(_picture(d, PIXELS, depth), d.pick(*amounts))


def _resize(d: Draw) -> Call:
    options = d.maybe(method=d.pick(*METHODS), antialias=d.flag())
    if d.chance(0.25):
        options["preserve_aspect_ratio"] = True
    return call(_picture(d), d.shape_like([d.int(1, 7), d.int(1, 7)]), **options)


def _resize_with_pad(d: Draw) -> Call:
    return call(_picture(d), d.int(1, 6), d.int(1, 6), **d.maybe(method=d.pick(*METHODS)))


def _sized(d: Draw) -> Call:
    return call(_picture(d), d.int(0, 7), d.int(1, 7))


def _boxed(d: Draw) -> Call:
    return call(_picture(d), d.int(-1, 2), d.int(0, 2), d.int(1, 4), d.int(0, 6))


def _boxes(d: Draw, count: int, *lead: int) -> Any:
    return d.x("float32", (*lead, count, 4), low=0, high=1)


def _crop_and_resize(d: Draw) -> Call:
    count = d.int(0, 3)
    x = d.x(("float32", "uint8", "float64", "int32"), (2, d.int(1, 5), d.int(1, 5), d.int(1, 2)))
    sizes = [d.int(1, 4), d.int(1, 4)]
    options = d.maybe(method=d.pick("bilinear", "nearest"), extrapolation_value=0.5)
    low = d.pick(0, 0, -0.5)
    boxes = d.x("float32", (count, 4), low=low, high=1.5 if low else 1)
    return call(x, boxes, d.index((count,), 2), sizes, **options)


def _suppression(d: Draw) -> Call:
    count = d.int(0, 5)
    options = d.maybe(iou_threshold=d.pick(0.5, 0.1, 0.9), score_threshold=d.pick(0.2, -1.0))
    scores = d.x("float32", (count,), low=0, high=1, kind="distinct")
    return call(_boxes(d, count), scores, d.int(0, 4), **options)


def _soft_suppression(d: Draw) -> Call:
    args, options = _suppression(d)
    return args, {**options, **d.maybe(soft_nms_sigma=d.pick(0.5, 0.0))}


def _padded_suppression(d: Draw) -> Call:
    args, options = _suppression(d)
    more = d.maybe(pad_to_max_output_size=True, sorted_input=False)
    return args, {**options, **more}


def _overlap_suppression(d: Draw) -> Call:
    count = d.int(0, 4)
    scores = d.x("float32", (count,), low=0, high=1, kind="distinct")
    return call(d.x("float32", (count, count), low=0, high=1), scores, d.int(0, 4), 0.5)


def _combined_suppression(d: Draw) -> Call:
    classes, count = d.int(1, 2), d.int(1, 4)
    boxes = d.x("float32", (2, count, d.pick(1, classes), 4), low=0, high=1)
    scores = d.x("float32", (2, count, classes), low=0, high=1, kind="distinct")
    options = d.maybe(
        iou_threshold=0.3, score_threshold=0.2, pad_per_class=d.flag(), clip_boxes=d.flag()
    )
    return call(boxes, scores, d.int(1, 3), d.int(1, 4), **options)


def _draw_boxes(d: Draw) -> Call:
    x = d.x(("float32", "float16"), (2, d.int(3, 6), d.int(3, 6), d.pick(1, 3, 4)), low=0, high=1)
    colours = tensor([[0.5, 0.25, 1.0, 1.0]] * d.int(1, 2), "float32")
    return call(x, _boxes(d, d.int(0, 2), 2), colours)


def _patches(d: Draw) -> Call:
    x = d.x(REALS, (d.int(0, 2), d.int(2, 5), d.int(2, 5), d.int(1, 2)))
    step = [1, d.int(1, 2), d.int(1, 2), 1]
    rates = [1, d.int(1, 2), 1, 1]
    return call(x, [1, d.int(1, 3), d.int(1, 3), 1], step, rates, d.pick("SAME", "VALID"))


def _two(d: Draw) -> tuple[Any, Any]:
    dtype, shape = d.pick("uint8", "float32", "float32", "float64"), _shape(d)
    high = 1 if "float" in dtype else 255
    return d.x(dtype, shape, 0, high), d.x(dtype, shape, 0, high)


def _ssim(d: Draw) -> Call:
    dtype = d.pick("uint8", "float32", "float32", "float64")
    high = 1 if "float" in dtype else 255
    shape = (*d.pick((), (2,)), d.int(5, 13), d.int(5, 13), d.int(1, 3))
    x, y = d.x(dtype, shape, 0, high), d.x(dtype, shape, 0, high)
    more = {"filter_size": d.int(2, 11)} | d.maybe(k1=0.02, k2=0.05, filter_sigma=1.0)
    return call(x, y, high, **more)


def _ssim_multiscale(d: Draw) -> Call:
    shape = (*d.pick((), (2,)), d.int(8, 13), d.int(8, 13), d.int(1, 2))
    x, y = [d.x("float32", shape, 0, 1) for _ in range(2)]
    factors = d.pick((0.5, 0.5), [0.3, 0.7], (1.0,), (0.2, 0.3, 0.5))
    return call(x, y, 1.0, power_factors=factors, filter_size=d.int(1, 4))


def _glimpse(d: Draw) -> Call:
    x = d.x("float32", (d.int(1, 2), d.int(2, 5), d.int(2, 5), 1))
    offsets = d.x("float32", (x.shape[0], 2))
    options = d.maybe(centered=d.flag(), normalized=d.flag())
    return call(x, [d.int(1, 4), d.int(1, 4)], offsets, noise="zero", **options)


def _seeded(*limits: Any, depth: int | None = 3) -> Maker:
    def make(d: Draw) -> Call:
        return call(_picture(d, PIXELS, depth), *d.pick(*limits), [d.int(0, 9), d.int(0, 9)])

    return make


def _seeded_crop(d: Draw) -> Call:
    x = _picture(d)
    size = [d.int(min(1, s), s) if d.chance(0.95) else s + 1 for s in x.shape]
    return call(x, d.shape_like(size), [d.int(0, 9), 2])


def _distorted_box(d: Draw) -> Call:
    boxes = tensor([[[0.1, 0.2, 0.6, 0.9]]], "float32")
    options = d.maybe(min_object_covered=d.pick(0.1, 0.5), aspect_ratio_range=[0.5, 2.0])
    options |= d.maybe(area_range=[0.1, 0.9], max_attempts=d.int(1, 50))
    return call([d.int(2, 9), d.int(2, 9), 3], boxes, [d.int(0, 9), 2], **options)


TABLE: Table = {
    **{f"image.{n}": _colours() for n in ["rgb_to_hsv", "rgb_to_yiq", "rgb_to_yuv"]},
    **{f"image.{n}": _colours() for n in ["hsv_to_rgb", "yiq_to_rgb", "yuv_to_rgb"]},
    "image.rgb_to_grayscale": _colours(PIXELS),
    "image.grayscale_to_rgb": lambda d: call(_picture(d, PIXELS, 1)),
    "image.adjust_brightness": _adjusted(0.1, -0.3, 0, 1),
    "image.adjust_contrast": _adjusted(0.5, 2.0, -1.0, 0, 2),
    "image.adjust_gamma": lambda d: call(_picture(d), **d.maybe(gamma=d.pick(0.5, 2), gain=1.5)),
    "image.adjust_hue": _adjusted(0.1, -0.4, 0, 1.0, depth=3),
    "image.adjust_saturation": _adjusted(0.5, 2.0, 0, depth=3),
    "image.central_crop": _adjusted(0.5, 1.0, 0.3, 0.1, 1, 0.0, 1.5),
    "image.convert_image_dtype": lambda d: call(
        _picture(d), d.pick(*PIXELS, "bfloat16", "uint32", "int8"), **d.maybe(saturate=True)
    ),
    "image.crop_and_resize": _crop_and_resize,
    "image.crop_to_bounding_box": _boxed,
    "image.pad_to_bounding_box": _boxed,
    "image.resize_with_crop_or_pad": _sized,
    "image.resize": _resize,
    "image.resize_with_pad": _resize_with_pad,
    "image.draw_bounding_boxes": _draw_boxes,
    "image.extract_patches": _patches,
    "image.extract_glimpse": _glimpse,
    **{f"image.{n}": lambda d: call(_picture(d)) for n in ["flip_left_right", "flip_up_down"]},
    **{f"image.{n}": lambda d: call(_picture(d)) for n in ["transpose", "total_variation"]},
    "image.per_image_standardization": lambda d: call(_picture(d)),
    "image.rot90": lambda d: call(_picture(d), **d.maybe(k=d.int(-1, 5))),
    "image.sobel_edges": lambda d: call(_picture(d, FLOATS)),
    "image.image_gradients": lambda d: call(d.x(REALS, (2, d.int(1, 3), d.int(1, 3), 1))),
    "image.psnr": lambda d: call(*_two(d), d.pick(1.0, 255, 2)),
    "image.ssim": _ssim,
    "image.ssim_multiscale": _ssim_multiscale,
    "image.non_max_suppression": _suppression,
    "image.non_max_suppression_with_scores": _soft_suppression,
    "image.non_max_suppression_padded": _padded_suppression,
    "image.non_max_suppression_overlaps": _overlap_suppression,
    "image.combined_non_max_suppression": _combined_suppression,
    "image.stateless_random_brightness": _seeded((0.2,), (0,), (-1,)),
    "image.stateless_random_contrast": _seeded((0.2, 0.5), (1, 2), (2, 1)),
    "image.stateless_random_hue": _seeded((0.2,), (0.5,), (0.7,)),
    "image.stateless_random_saturation": _seeded((0.5, 1.0), (1.0, 0.5)),
    "image.stateless_random_flip_left_right": _seeded((), depth=None),
    "image.stateless_random_flip_up_down": _seeded((), depth=None),
    "image.stateless_random_crop": _seeded_crop,
    "image.stateless_sample_distorted_bounding_box": _distorted_box,
    "image.generate_bounding_box_proposals": lambda d: call(
        d.x("float32", (1, 2, 2, 1), low=0, high=1, kind="distinct"), d.x("float32", (1, 2, 2, 4)),
        d.x("float32", (1, 5), low=5, high=9), d.x("float32", (1, 4), low=0, high=5),
        **d.maybe(post_nms_topn=d.int(1, 4), min_size=d.int(0, 1)),
    ),
}  # fmt: skip
