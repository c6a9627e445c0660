"""`tf.conv` over any number of batch dimensions, and patches of volumes."""

from tests.oracle.spec import T, case, cases, f32, ints, raises

ONES4, ONES5 = [1, 1, 1, 1], [1, 1, 1, 1, 1]

CASES = [
    *cases(
        "conv",
        [T(2, 5, 6, 3), T(2, 2, 3, 4), ONES4, "SAME"],
        [T(2, 5, 6, 3), T(3, 2, 3, 4), [1, 2, 3, 1], "VALID"],
        dtypes=("float32", "float64"),
    ),
    case("conv", f32(2, 3, 5, 6, 3), f32(2, 2, 3, 4), ONES4, "SAME", batch_dims=2),
    case("conv", f32(2, 3, 5, 6, 3), f32(2, 2, 2, 3, 4), ONES5, "SAME"),
    case("conv", f32(2, 3, 5, 6, 3), f32(2, 2, 2, 3, 4), [1, 1, 2, 2, 1], "VALID"),
    case("conv", f32(5, 6, 3), f32(2, 2, 3, 4), ONES4, "SAME", batch_dims=0),
    case("conv", f32(0, 5, 6, 3), f32(2, 2, 3, 4), ONES4, "SAME"),
    case("conv", f32(1, 5, 6, 3), f32(2, 2, 3, 4), ONES4, "SAME", dilations=[1, 2, 2, 1]),
    case(
        "conv",
        f32(1, 5, 6, 3),
        f32(2, 2, 3, 4),
        ONES4,
        "EXPLICIT",
        explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0],
    ),
    case("conv", ints(1, 4, 4, 2), ints(2, 2, 2, 3), ONES4, "SAME", executors=("eager", "host")),
    *[
        raises("conv", f32(2, 5, 6, 3), f32(2, 2, 3, 4), strides, padding, **how)
        for strides, padding, how in (
            ([1, 1], "SAME", {}),
            (ONES4, "SAME", {"batch_dims": 2}),
            (ONES4, "SAME", {"batch_dims": 0}),
            (ONES4, "SAME", {"data_format": "CHANNELS_FIRST"}),
            (ONES4, "EXPLICIT", {}),
            ([1, 0, 1, 1], "SAME", {}),
            (ONES4, "NONE", {}),
        )
    ],
    raises("conv", f32(5, 6, 3), f32(2, 3, 4), [1, 1, 1], "SAME"),
    raises("conv", f32(2, 5, 6, 3), f32(2, 2, 2, 4), ONES4, "SAME"),
    raises("conv", f32(2, 5, 6, 3), f32(2, 2, 3), ONES4, "SAME"),
    *cases(
        "extract_volume_patches",
        [T(2, 4, 5, 6, 2), [1, 2, 2, 2, 1], ONES5, "VALID"],
        [T(1, 4, 5, 6, 2), [1, 2, 3, 1, 1], [1, 2, 1, 3, 1], "SAME"],
        [T(1, 2, 3, 2, 1), [1, 2, 2, 2, 1], [1, 1, 2, 1, 1], "SAME"],
        dtypes=("float32", "float64"),
        grad=True,
        grad2=True,
    ),
    case("extract_volume_patches", f32(0, 4, 5, 6, 2), [1, 2, 2, 2, 1], ONES5, "VALID"),
    *cases(
        "extract_volume_patches",
        [T(1, 4, 5, 6, 2), [1, 2, 2, 2, 1], ONES5, "VALID"],
        dtypes=("float16", "int32", "uint8", "int64"),
        executors=("eager", "host"),
    ),
    *[
        raises("extract_volume_patches", f32(1, 4, 5, 6, 2), ksizes, strides, padding)
        for ksizes, strides, padding in (
            ([1, 2, 2, 2], ONES5, "VALID"),
            ([2, 2, 2, 2, 1], ONES5, "VALID"),
            ([1, 2, 2, 2, 1], [1, 1, 1, 1, 2], "VALID"),
            ([1, 9, 2, 2, 1], ONES5, "VALID"),
            ([1, 2, 2, 2, 1], ONES5, "NONE"),
        )
    ],
    raises("extract_volume_patches", f32(4, 5, 6, 2), [1, 2, 2, 2, 1], ONES5, "VALID"),
]
