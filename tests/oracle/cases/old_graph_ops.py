"""Ops of old graphs, which no public function leads to."""

from tests.oracle.spec import case, const, f32, f64, ints, positive, program, raises, tensor

PADDINGS = const([[0, 0], [1, 2], [2, 1], [0, 0]])

SPECTROGRAMS = [
    *[
        case("raw_ops.AudioSpectrogram", input=f32(*shape), window_size=size, stride=stride)
        for shape, size, stride in (
            ((50, 1), 16, 8),
            ((50, 2), 5, 3),
            ((16, 1), 16, 1),
            ((3, 1), 5, 3),
            ((0, 2), 4, 1),
            ((9, 0), 4, 1),
        )
    ],
    case(
        "raw_ops.AudioSpectrogram",
        input=f32(40, 1),
        window_size=12,
        stride=7,
        magnitude_squared=True,
    ),
    raises("raw_ops.AudioSpectrogram", input=f32(9), window_size=4, stride=1),
    raises("raw_ops.AudioSpectrogram", input=f32(9, 1), window_size=1, stride=1),
    raises("raw_ops.AudioSpectrogram", input=f32(9, 1), window_size=4, stride=0),
    *[
        case(
            "raw_ops.Mfcc",
            spectrogram=positive(2, 3, bins),
            sample_rate=const(rate),
            rtol=1e-4,
            atol=1e-4,
            **options,
        )
        for bins, rate, options in (
            (257, 16000, {}),
            (65, 8000, {"dct_coefficient_count": 40}),
            (65, 22050, {"lower_frequency_limit": 300.0, "upper_frequency_limit": 9000.0}),
            (129, 16000, {"filterbank_channel_count": 300, "dct_coefficient_count": 5}),
            (129, 8000, {"upper_frequency_limit": 7000.0}),
        )
    ],
    case("raw_ops.Mfcc", spectrogram=positive(1, 0, 65), sample_rate=const(16000)),
    raises("raw_ops.Mfcc", spectrogram=f32(3, 65), sample_rate=const(16000)),
    raises("raw_ops.Mfcc", spectrogram=f32(1, 3, 65), sample_rate=const([16000])),
    *[
        raises("raw_ops.Mfcc", spectrogram=positive(1, 3, 65), **options)
        for options in (
            {"sample_rate": const(0)},
            {"sample_rate": const(16000), "upper_frequency_limit": 10.0},
            {"sample_rate": const(16000), "lower_frequency_limit": -5.0},
            {"sample_rate": const(16000), "filterbank_channel_count": 0},
            {"sample_rate": const(16000), "dct_coefficient_count": 50},
            {"sample_rate": const(16000), "dct_coefficient_count": 0},
        )
    ],
    raises("raw_ops.Mfcc", spectrogram=positive(1, 3, 1), sample_rate=const(16000)),
]


def _fused(name, how=case, given=f32, **changed):
    sizes = {} if name == "FusedPadConv2D" else {"size": const([7, 9])}
    call = {
        "input": given(1, 5, 6, 2),  # of several pictures, TensorFlow reads the first only
        **sizes,
        "paddings": PADDINGS,
        "filter": given(3, 3, 2, 3),
        "mode": "REFLECT",
        "strides": [1, 1, 1, 1],
        "padding": "VALID",
        **({"rtol": 1e-4, "atol": 1e-5} if how is case else {}),
        **changed,
    }
    return how(f"raw_ops.{name}", **call)


FUSED = [
    *[
        _fused(name, mode=mode, padding=padding, strides=[1, 2, 2, 1])
        for name in ("FusedPadConv2D", "FusedResizeAndPadConv2D")
        for mode in ("REFLECT", "SYMMETRIC")
        for padding in ("SAME", "VALID")
    ],
    _fused("FusedPadConv2D", given=f64),
    _fused("FusedResizeAndPadConv2D", given=f64),
    _fused("FusedResizeAndPadConv2D", resize_align_corners=True),
    *[
        _fused("FusedPadConv2D", raises, **changed)
        for changed in (
            {"paddings": const([[0, 0], [1, 2], [2, 1], [1, 0]])},
            {"paddings": const([[0, 0], [9, 2], [2, 1], [0, 0]])},
            {"paddings": const([[0, 0], [1, 2], [2, 1]])},
            {"filter": f32(3, 3, 1, 3)},
            {"strides": [2, 1, 1, 1]},
        )
    ],
    _fused("FusedResizeAndPadConv2D", raises, size=const([0, 9])),
    _fused("FusedResizeAndPadConv2D", raises, size=const([7, 9, 1])),
]


def _map(tf, *pairs):
    handle = tf.raw_ops.EmptyTensorMap()
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        handle = tf.raw_ops.TensorMapInsert(input_handle=handle, key=key, value=value)
    return handle


def _look_around(tf, first, second, value, other):
    """What is found in a map, after a key is set again, and after it is erased."""
    raw = tf.raw_ops
    handle = _map(tf, first, value, second, other, first, value + value)
    rest = raw.TensorMapErase(input_handle=handle, key=first, value_dtype=value.dtype)
    return [
        raw.TensorMapSize(input_handle=handle),
        raw.TensorMapSize(input_handle=rest),
        raw.TensorMapHasKey(input_handle=handle, key=first),
        raw.TensorMapHasKey(input_handle=rest, key=first),
        raw.TensorMapLookup(input_handle=handle, key=first, value_dtype=value.dtype),
        raw.TensorMapLookup(input_handle=rest, key=second, value_dtype=other.dtype),
        raw.TensorMapStackKeys(input_handle=rest, key_dtype=first.dtype),
    ]


def _stacked(tf, *keys):
    pairs = [part for key in keys for part in (key, tf.constant(1.0))]
    handle = _map(tf, *pairs)
    return tf.raw_ops.TensorMapStackKeys(input_handle=handle, key_dtype=tf.int32)


HOST = ("eager", "host")
MAPS = [
    program("map-ints", _look_around, tensor(1), tensor(2), f32(2), f32(3, 1), executors=HOST),
    program(
        "map-strings", _look_around, tensor(["a"]), tensor(["b"]), ints(0), f32(2), executors=HOST
    ),
    *[
        program(f"map-refuses-{label}", function, *keys, raises=True, executors=("eager",))
        for label, function, keys in (
            ("empty", _stacked, []),
            ("dtype", _stacked, [tensor(1), tensor(1.0)]),
            ("shape", _stacked, [tensor(1), tensor([1])]),
            (
                "key",
                lambda tf, k: tf.raw_ops.TensorMapLookup(
                    input_handle=_map(tf), key=k, value_dtype=tf.float32
                ),
                [tensor(1)],
            ),
            (
                "erase",
                lambda tf, k: tf.raw_ops.TensorMapErase(
                    input_handle=_map(tf), key=k, value_dtype=tf.float32
                ),
                [tensor(1)],
            ),
            (
                "value",
                lambda tf, k, v: tf.raw_ops.TensorMapLookup(
                    input_handle=_map(tf, k, v), key=k, value_dtype=tf.int32
                ),
                [tensor(1), tensor(1.0)],
            ),
        )
    ],
]

CASES = [*SPECTROGRAMS, *FUSED, *MAPS]
