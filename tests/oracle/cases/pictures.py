"""Picture files decoded and written; pictures changed by lot."""

import base64
import gzip
import json
from functools import cache
from pathlib import Path

from tests.oracle.cases._programs import HOST, eager, fails, on_host
from tests.oracle.spec import case, const, f32, ints, raises, strings, tensor, values

STORED = Path(__file__).parents[2] / "ops" / "image" / "pictures.json.gz"


@cache
def _files():
    return json.loads(gzip.decompress(STORED.read_bytes()))["files"]


def picture(name):
    return tensor(base64.b64decode(_files()[name]), "string")


JPEG, GREY_JPEG, PNG, WIDE_PNG = map(
    picture, ("jpeg-1x1", "jpeg-gray", "png-tf-3", "png-tf-wide-3")
)
GIF, STILL, BMP, WEBP = map(picture, ("gif-opt", "gif-trns", "bmp-rgba", "webp-lossless"))
BYTES = values(4, 5, 3, dtype="uint8", high=256)


def on_host_case(name, *args, **options):
    return case(name, *args, executors=HOST, **options)


def seeded(label, function, *args):
    def run(tf, *tensors):
        tf.random.set_seed(5)
        return function(tf, *tensors)

    return eager(label, run, *args)


def through_png(tf, image):
    return tf.io.decode_png(tf.io.encode_png(image), dtype=image.dtype)


def through_png_compressed(tf, image):
    return [tf.image.decode_png(tf.image.encode_png(image, level)) for level in (0, 9, -1)]


def through_jpeg(tf, image, **options):
    return tf.io.decode_jpeg(tf.io.encode_jpeg(image, **options), dct_method="INTEGER_ACCURATE")


def batch_of_pngs(tf, images):
    encoded = tf.io.encode_png(images)
    return tf.map_fn(tf.io.decode_png, encoded, fn_output_signature=tf.uint8)


def kinds(tf, *files):
    return [tf.io.is_jpeg(f) for f in files]


CASES = [
    *[on_host_case("io.decode_jpeg", JPEG, channels=c) for c in (0, 1, 3)],
    on_host_case("image.decode_jpeg", GREY_JPEG),
    on_host_case("io.decode_jpeg", JPEG, ratio=2),
    on_host_case("io.decode_jpeg", JPEG, fancy_upscaling=False),
    on_host_case("io.decode_jpeg", picture("jpeg-prog"), dct_method="INTEGER_ACCURATE"),
    on_host_case("io.decode_and_crop_jpeg", JPEG, const([0, 0, 1, 1])),
    on_host_case(
        "image.decode_and_crop_jpeg", picture("jpeg-tf-rgb"), const([2, 1, 7, 9]), channels=1
    ),
    on_host_case("io.extract_jpeg_shape", JPEG),
    on_host_case("image.extract_jpeg_shape", GREY_JPEG, output_type="int64"),
    *[on_host_case("io.decode_png", PNG, channels=c) for c in (0, 1, 3, 4)],
    on_host_case("image.decode_png", WIDE_PNG, dtype="uint16"),
    on_host_case("io.decode_png", WIDE_PNG),
    *[on_host_case("io.decode_bmp", BMP, channels=c) for c in (0, 4)],
    on_host_case("image.decode_bmp", picture("bmp-gray")),
    on_host_case("io.decode_gif", GIF),
    on_host_case("image.decode_gif", STILL),
    on_host_case("io.decode_webp", WEBP),
    on_host_case("image.decode_webp", picture("webp-lossy"), channels=3),
    *[on_host_case("io.decode_image", f) for f in (JPEG, PNG, GIF, BMP)],
    *[on_host_case("image.decode_image", f, dtype="float32") for f in (JPEG, WIDE_PNG, GIF)],
    on_host_case("io.decode_image", GIF, expand_animations=False),
    on_host_case("io.decode_image", PNG, channels=1, dtype="uint16"),
    on_host("is-jpeg", kinds, JPEG, PNG, GIF, tensor("", "string")),
    on_host_case("image.is_jpeg", JPEG),
    *[
        on_host("through-png", through_png, values(4, 5, c, dtype="uint8", high=256))
        for c in (1, 2, 3, 4)
    ],
    on_host("through-png", through_png, values(3, 2, 4, dtype="uint16", high=60000)),
    on_host("through-png-compressed", through_png_compressed, BYTES),
    on_host("batch-of-pngs", batch_of_pngs, values(2, 4, 5, 3, dtype="uint8", high=256)),
    *[
        on_host(
            f"through-jpeg {options}",
            lambda tf, x, o=options: through_jpeg(tf, x, **o),
            values(9, 10, 3, dtype="uint8", high=256),
        )
        for options in (
            {},
            {"quality": 40},
            {"chroma_downsampling": False},
            {"progressive": True},
            {"optimize_size": True},
        )
    ],
    on_host("through-jpeg-grey", through_jpeg, values(9, 10, 1, dtype="uint8", high=256)),
    on_host(
        "jpeg-quality-variable",
        lambda tf, x, q: tf.io.decode_jpeg(
            tf.raw_ops.EncodeJpegVariableQuality(images=x, quality=q)
        ),
        BYTES,
        tensor(30),
    ),
    *[
        on_host(
            f"adjust-jpeg-quality {q}",
            lambda tf, x, q=q: tf.image.adjust_jpeg_quality(x, q),
            f32(8, 9, 3, low=0, high=1),
        )
        for q in (20, 95)
    ],
    on_host("adjust-jpeg-quality-bytes", lambda tf, x: tf.image.adjust_jpeg_quality(x, 50), BYTES),
    raises("io.decode_jpeg", PNG, label="channels", channels=2),
    raises("io.decode_jpeg", tensor("no picture")),
    raises("io.decode_jpeg", JPEG, ratio=3),
    raises("io.decode_jpeg", JPEG, dct_method="ROUGH"),
    raises("io.decode_jpeg", strings(2)),
    raises("io.decode_jpeg", ints(2)),
    raises("io.decode_png", tensor("no picture")),
    raises("io.decode_png", PNG, channels=5),
    raises("io.decode_png", PNG, dtype="int32"),
    raises("io.decode_gif", tensor("GIF89a")),
    raises("io.decode_gif", strings(1)),
    raises("io.decode_bmp", tensor("BM")),
    raises("io.decode_webp", tensor("RIFF")),
    raises("io.decode_image", tensor("")),
    raises("io.decode_image", PNG, channels=7),
    raises("io.decode_image", GIF, channels=4),
    raises("io.encode_png", f32(3, 3, 3)),
    raises("io.encode_png", values(3, 3, dtype="uint8")),
    raises("io.encode_png", values(3, 3, 5, dtype="uint8")),
    raises("io.encode_png", values(3, 3, 3, dtype="uint8"), compression=11),
    raises("io.encode_jpeg", values(3, 3, 2, dtype="uint8")),
    raises("io.encode_jpeg", values(3, 3, 3, dtype="uint8"), quality=101),
    raises("io.encode_jpeg", values(3, 3, 3, dtype="uint8"), format="cmyk"),
    raises("io.encode_jpeg", values(3, 3, 3, dtype="uint8"), format="grayscale"),
    raises("io.encode_jpeg", f32(3, 3, 3)),
    raises("io.extract_jpeg_shape", PNG),
    raises("io.decode_and_crop_jpeg", JPEG, const([0, 0, 99, 99])),
    raises("io.decode_and_crop_jpeg", JPEG, const([0, 0, 1])),
    seeded(
        "random-brightness",
        lambda tf, x: [tf.image.random_brightness(x, 0.3, s) for s in (None, 7)],
        f32(3, 4, 3),
    ),
    seeded(
        "random-contrast",
        lambda tf, x: [tf.image.random_contrast(x, 0.2, 0.9, s) for s in (None, 7)],
        f32(3, 4, 3),
    ),
    seeded(
        "random-hue",
        lambda tf, x: [tf.image.random_hue(x, 0.4, s) for s in (None, 7)],
        f32(3, 4, 3, low=0, high=1),
    ),
    seeded(
        "random-saturation",
        lambda tf, x: [tf.image.random_saturation(x, 0.2, 0.9, s) for s in (None, 7)],
        f32(3, 4, 3, low=0, high=1),
    ),
    seeded(
        "random-flips",
        lambda tf, x: [tf.image.random_flip_left_right(x, 1), tf.image.random_flip_up_down(x)],
        f32(5, 3, 4, 3),
    ),
    seeded(
        "random-crop",
        lambda tf, x: [tf.image.random_crop(x, [2, 3, 3], s) for s in (None, 7)],
        f32(5, 6, 3),
    ),
    seeded(
        "random-jpeg-quality",
        lambda tf, x: tf.image.random_jpeg_quality(x, 30, 90),
        f32(8, 9, 3, low=0, high=1),
    ),
    on_host(
        "stateless-random-jpeg-quality",
        lambda tf, x: tf.image.stateless_random_jpeg_quality(x, 30, 90, [3, 4]),
        f32(8, 9, 3, low=0, high=1),
    ),
    seeded(
        "distorted-box",
        lambda tf, b: tf.image.sample_distorted_bounding_box(
            [40, 60, 3], b, 5, min_object_covered=0.3
        ),
        tensor([[[0.1, 0.2, 0.5, 0.7]]]),
    ),
    *[
        fails(
            f"random-{n}-bounds",
            lambda tf, x, n=n: getattr(tf.image, f"random_{n}")(x, 0.9, 0.2),
            f32(3, 4, 3),
        )
        for n in ("contrast", "saturation")
    ],
    fails(
        "random-brightness-bounds", lambda tf, x: tf.image.random_brightness(x, -1.0), f32(3, 4, 3)
    ),
    fails("random-hue-bounds", lambda tf, x: tf.image.random_hue(x, 0.9), f32(3, 4, 3)),
    fails("random-crop-size", lambda tf, x: tf.image.random_crop(x, [9, 9, 3]), f32(3, 4, 3)),
    fails(
        "random-jpeg-quality-bounds",
        lambda tf, x: tf.image.random_jpeg_quality(x, 90, 30),
        f32(3, 4, 3),
    ),
    fails(
        "adjust-jpeg-quality-rank",
        lambda tf, x: tf.image.adjust_jpeg_quality(x, 30),
        f32(2, 3, 4, 3),
    ),
    on_host(
        "suppression-padded",
        lambda tf, b, s: tf.image.non_max_suppression_padded(
            b, s, 3, iou_threshold=0.4, pad_to_max_output_size=True
        ),
        tensor([[0.0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3], [5, 5, 6, 6]]),
        tensor([0.5, 0.9, 0.3, 0.8]),
    ),
    on_host(
        "suppression-padded-batch",
        lambda tf, b, s: tf.image.non_max_suppression_padded(
            b, s, 4, pad_to_max_output_size=True, sorted_input=False
        ),
        f32(2, 5, 4, low=0, high=1),
        f32(2, 5, low=0, high=1),
    ),
    on_host(
        "resize-methods",
        lambda tf, x: [
            tf.image.resize(x, [3, 5], m)
            for m in (
                tf.image.ResizeMethod.AREA,
                tf.image.ResizeMethod.BICUBIC,
                tf.image.ResizeMethod.BILINEAR,
                tf.image.ResizeMethod.GAUSSIAN,
                tf.image.ResizeMethod.LANCZOS3,
                tf.image.ResizeMethod.LANCZOS5,
                tf.image.ResizeMethod.MITCHELLCUBIC,
                tf.image.ResizeMethod.NEAREST_NEIGHBOR,
            )
        ],
        f32(4, 6, 2),
    ),
]
