"""tf.signal and tf.audio: Fourier and cosine transforms, frames, windows, spectra."""

from tests.oracle.spec import (
    COMPLEX,
    FLOATS,
    T,
    case,
    cases,
    const,
    f32,
    f64,
    ints,
    program,
    raises,
    strings,
    values,
)

EAGER_HOST = ("eager", "host")
LOOSE = {"rtol": 1e-4, "atol": 1e-4}
C64 = "complex64"


def _c(*shape, dtype="complex128"):
    return values(*shape, dtype=dtype)


def _in_float64(name, *args):
    return lambda tf: getattr(tf.signal, name)(*args, dtype=tf.float64)


CASES = [
    # complex transforms
    *cases(
        ["signal.fft", "signal.ifft"],
        [T(8)],
        [T(2, 5)],
        [T(0, 3)],
        [T(2, 3, 7)],
        dtypes=COMPLEX,
        grad=True,
        **LOOSE,
    ),
    *cases(
        ["signal.fft2d", "signal.ifft2d"],
        [T(4, 6)],
        [T(2, 3, 5)],
        [T(0, 3, 3)],
        dtypes=COMPLEX,
        grad=True,
        **LOOSE,
    ),
    *cases(
        ["signal.fft3d", "signal.ifft3d"],
        [T(2, 4, 6)],
        [T(2, 3, 2, 5)],
        dtypes=COMPLEX,
        grad=True,
        **LOOSE,
    ),
    case("signal.fft", _c(2, 6), grad=True, grad2=True),
    raises("signal.fft", f32(3)),
    raises("signal.fft", values(dtype=C64)),
    raises("signal.fft2d", values(3, dtype=C64)),
    raises("signal.fft3d", values(3, 2, dtype=C64)),
    # real transforms
    *cases(
        "signal.rfft",
        [T(8)],
        [T(2, 7)],
        [T(2, 3), const([8])],
        [T(2, 3), const([7])],
        [T(2, 9), const([9])],
        [T(1)],
        dtypes=FLOATS,
        grad=True,
        **LOOSE,
    ),
    *cases("signal.rfft", [T(2, 9), const([4])], [T(2, 9), const([5])], dtypes=FLOATS, **LOOSE),
    case("signal.rfft", f64(2, 6), grad=True, grad2=True),
    case("signal.rfft", f32(0, 4), const([4])),
    *cases(
        "signal.irfft",
        [T(5)],
        [T(2, 4)],
        [T(2, 4), const([6])],
        [T(2, 4), const([7])],
        [T(2, 4), const([12])],
        dtypes=COMPLEX,
        grad=True,
        **LOOSE,
    ),
    *cases("signal.irfft", [T(2, 5), const([4])], [T(3, 1), const([1])], dtypes=COMPLEX, **LOOSE),
    case("signal.irfft", _c(2, 4), grad=True, grad2=True),
    *cases(
        "signal.rfft2d",
        [T(4, 6)],
        [T(2, 3, 5)],
        [T(3, 4), const([5, 6])],
        [T(3, 4), const([3, 7])],
        dtypes=FLOATS,
        grad=True,
        **LOOSE,
    ),
    case("signal.rfft2d", f32(2, 3, 4), const([2, 2]), **LOOSE),
    case("signal.rfft2d", f64(3, 4), grad=True, grad2=True),
    *cases(
        "signal.irfft2d",
        [T(4, 4)],
        [T(2, 3, 3)],
        [T(3, 3), const([3, 5])],
        [T(3, 4), const([5, 10])],
        dtypes=COMPLEX,
        grad=True,
        **LOOSE,
    ),
    *cases("signal.rfft3d", [T(2, 4, 6)], [T(2, 3, 2, 5)], dtypes=FLOATS, **LOOSE),
    case("signal.rfft3d", f32(2, 3, 4), const([3, 4, 5]), **LOOSE),
    *cases("signal.irfft3d", [T(2, 4, 4)], [T(2, 3, 2, 3)], dtypes=COMPLEX, **LOOSE),
    case("signal.irfft3d", values(2, 3, 4, dtype=C64), const([3, 4, 9]), **LOOSE),
    case("raw_ops.RFFT", input=f32(0, 4), fft_length=const([4]), Tcomplex=C64),
    case("raw_ops.RFFT", input=f64(2, 5), fft_length=const([4]), Tcomplex="complex128"),
    case("raw_ops.IRFFT", input=_c(2, 5), fft_length=const([3]), Treal="float64"),
    case("raw_ops.RFFT2D", input=f32(2, 5), fft_length=const([2, 4]), **LOOSE),
    raises("raw_ops.RFFT", input=f32(4, 6), fft_length=const([8]), match="at least 8"),
    raises("raw_ops.RFFT", input=f32(0, 4), fft_length=const([6])),
    raises("raw_ops.RFFT", input=f32(4, 6), fft_length=const([-2]), match="must >= 0"),
    raises("raw_ops.RFFT", input=f32(4, 6), fft_length=const([1, 2]), match="must have shape"),
    raises("raw_ops.RFFT", input=f32(), fft_length=const([1])),
    raises("raw_ops.IRFFT", input=values(4, 6, dtype=C64), fft_length=const([100])),
    raises("signal.rfft", values(2, dtype="float16"), match="requires"),
    raises("signal.rfft", values(2, dtype=C64)),
    raises("signal.irfft", f32(2)),
    raises("signal.rfft", f32(3), const([4, 4])),
    raises("signal.rfft", f32()),
    raises("signal.rfft2d", f32(3)),
    raises("signal.rfft3d", f32(3, 2)),
    raises("signal.irfft2d", values(3, dtype=C64)),
    # shifts
    *cases(
        ["signal.fftshift", "signal.ifftshift"],
        [T(4, 5)],
        [T(4, 5), 1],
        [T(4, 5), [0, 1]],
        [T(4, 5), (-1,)],
        [T(5)],
        [T(0, 3)],
        dtypes=("float32", "complex64"),
        grad=True,
    ),
    case("signal.fftshift", strings(5), executors=EAGER_HOST),
    case("signal.fftshift", ints(3, 5), const([0])),
    raises("signal.fftshift", f32(3, 2), 5),
    # frames
    *cases(
        "signal.frame",
        [T(10), 4, 3],
        [T(10), 4, 3, True],
        [T(2, 9), 3, 5],
        [T(3), 4, 3],
        [T(2, 0), 2, 1],
        dtypes=("float32", "int32", "complex64"),
    ),
    case("signal.frame", f32(10), 4, 2, grad=True, grad2=True),
    case("signal.frame", f32(2, 11), 4, 3, pad_end=True, pad_value=2.0, grad=True),
    case("signal.frame", f32(6, 2), 3, 1, axis=0, grad=True),
    case("signal.frame", f32(2, 7, 2), 3, 2, axis=1, pad_end=True, grad=True),
    case("signal.frame", f32(2, 7, 2), 3, 2, axis=-2),
    case("signal.frame", f32(12), const(4), const(2)),
    case("signal.frame", ints(10), 0, 3),
    raises("signal.frame", f32(), 4, 3),
    raises("signal.frame", f32(4), 4, 0),
    raises("signal.frame", f32(4), const([4]), 1),
    raises("signal.frame", f32(4), 2, 1, axis=3),
    *cases(
        "signal.overlap_and_add",
        [T(2, 3), 2],
        [T(2, 5, 4), 1],
        [T(2, 5, 4), 4],
        [T(3, 4), 6],
        [T(2, 2, 3, 5), 2],
        dtypes=("float32", "float64", "int32", "complex64"),
    ),
    case("signal.overlap_and_add", f32(3, 5), 2, grad=True, grad2=True),
    case("signal.overlap_and_add", f32(2, 3, 5), const(3), grad=[0]),
    raises("signal.overlap_and_add", f32(3), 2),
    raises("signal.overlap_and_add", f32(3, 2), 2.0, match="must be an integer"),
    raises("signal.overlap_and_add", f32(3, 2), const([2])),
    # windows
    *[
        case(f"signal.{name}", n, **options, **LOOSE)
        for name in ("hann_window", "hamming_window")
        for n in (0, 1, 2, 4, 5)
        for options in ({}, {"periodic": False})
    ],
    case("signal.hann_window", const(6), const(False), **LOOSE),
    *cases("signal.vorbis_window", [0], [1], [4], [5], dtypes=("float32",), **LOOSE),
    *cases("signal.kaiser_window", [1], [4], [5], [5, 2.0], [6, 14.0], **LOOSE),
    *cases("signal.kaiser_bessel_derived_window", [2], [5], [6], [8, 4.0], **LOOSE),
    *[
        program(f"float64-{name}", _in_float64(name, *args), rtol=1e-6, atol=1e-7)
        for name, *args in (
            ("hann_window", 4),
            ("hamming_window", 5),
            ("vorbis_window", 5),
            ("kaiser_window", 5),
            ("kaiser_bessel_derived_window", 6, 3.0),
            ("linear_to_mel_weight_matrix", 4, 9),
        )
    ],
    program(
        "hamming-bfloat16",
        lambda tf: tf.signal.hamming_window(4, dtype=tf.bfloat16),
        rtol=3e-2,
    ),
    program(
        "int32-hann_window",
        lambda tf: tf.signal.hann_window(4, dtype=tf.int32),
        raises=True,
        executors=("eager",),
    ),
    raises("signal.hann_window", const([4])),
    raises("signal.hann_window", -1),
    raises("signal.hann_window", 4.5),
    program(
        "int32-kaiser_window",
        lambda tf: tf.signal.kaiser_window(4, dtype=tf.int32),
        raises=True,
        executors=("eager",),
    ),
    raises("signal.kaiser_window", 0),
    program(
        "int32-vorbis_window",
        lambda tf: tf.signal.vorbis_window(4, dtype=tf.int32),
        raises=True,
        executors=("eager",),
    ),
    # cosine transforms
    *[
        case(f"signal.{name}", f32(2, 6), type=kind, grad=True, **LOOSE)
        for name in ("dct", "idct")
        for kind in (1, 2, 3, 4)
    ],
    *[
        case(f"signal.{name}", f64(2, 5), type=kind, norm="ortho", grad=True, rtol=1e-6)
        for name in ("dct", "idct")
        for kind in (2, 3, 4)
    ],
    *[
        case("signal.dct", f32(2, 5), type=kind, n=n, **LOOSE)
        for kind in (1, 2, 3, 4)
        for n in (3, 5, 8)
    ],
    case("signal.dct", f64(4), grad=True, grad2=True),
    case("signal.dct", f32(0)),
    raises("signal.dct", f32(3), type=1, norm="ortho", match="not supported"),
    raises("signal.dct", f32(1), type=1),
    raises("signal.dct", f32(3), type=5),
    raises("signal.dct", f32(3), norm="x"),
    raises("signal.dct", f32(3), axis=0),
    raises("signal.dct", f32(3), n=0),
    raises("signal.dct", ints(3)),
    raises("signal.dct", values(3, dtype="float16")),
    raises("signal.idct", f32(3), type=7),
    case("signal.mdct", f32(8), 4, grad=True, **LOOSE),
    case("signal.mdct", f32(2, 19), 8, pad_end=True, grad=True, **LOOSE),
    case("signal.mdct", f64(20), 8, norm="ortho", rtol=1e-6),
    case("signal.mdct", f32(12), 4, window_fn=None, **LOOSE),
    case("signal.inverse_mdct", f32(3, 2), grad=True, **LOOSE),
    case("signal.inverse_mdct", f64(2, 3, 4), norm="ortho", grad=True, rtol=1e-6),
    case("signal.inverse_mdct", f32(3, 4), window_fn=None, **LOOSE),
    program(
        "mdct-kbd",
        lambda tf, x: tf.signal.inverse_mdct(
            tf.signal.mdct(x, 8, window_fn=tf.signal.kaiser_bessel_derived_window, norm="ortho"),
            window_fn=tf.signal.kaiser_bessel_derived_window,
            norm="ortho",
        ),
        f32(24),
        **LOOSE,
    ),
    raises("signal.mdct", f32(9), 6, match="multiple of 4"),
    raises("signal.mdct", f32(9), 4, norm="bad"),
    raises("signal.mdct", f32(), 4),
    raises("signal.inverse_mdct", f32(2)),
    raises("signal.inverse_mdct", f32(3, 3)),
    # short-time transforms
    case("signal.stft", f32(10), 4, 2, grad=True, **LOOSE),
    case("signal.stft", f32(2, 21), 5, 3, grad=True, **LOOSE),
    case("signal.stft", f64(2, 20), 6, 2, pad_end=True, rtol=1e-6),
    case("signal.stft", f32(10), 5, 2, window_fn=None, **LOOSE),
    case("signal.stft", f32(10), 5, 2, fft_length=4, **LOOSE),
    case("signal.stft", f32(10), 5, 2, fft_length=16, grad=True, **LOOSE),
    case("signal.stft", f32(16), const(4), const(2), const(8), **LOOSE),
    case("signal.stft", f32(3), 4, 2),
    case("signal.inverse_stft", _c(4, 5), 6, 2, grad=True, rtol=1e-6),
    case("signal.inverse_stft", values(2, 4, 5, dtype=C64), 8, 4, grad=True, **LOOSE),
    case("signal.inverse_stft", values(4, 5, dtype=C64), 9, 2, **LOOSE),
    case("signal.inverse_stft", values(4, 5, dtype=C64), 6, 2, fft_length=4, **LOOSE),
    case("signal.inverse_stft", values(4, 9, dtype=C64), 6, 2, 16, window_fn=None, **LOOSE),
    program(
        "stft-and-back",
        lambda tf, x: tf.signal.inverse_stft(
            tf.signal.stft(x, 8, 3), 8, 3, window_fn=tf.signal.inverse_stft_window_fn(3)
        ),
        f32(2, 29),
        grad=True,
        **LOOSE,
    ),
    program(
        "inverse-window",
        lambda tf: [
            tf.signal.inverse_stft_window_fn(step, window)(8, tf.float32)
            for step in (2, 3, 10)
            for window in (tf.signal.hann_window, tf.signal.hamming_window)
        ],
        **LOOSE,
    ),
    raises("signal.stft", f32(), 5, 2),
    raises("signal.stft", f32(9), const([5]), 2),
    raises("signal.inverse_stft", values(5, dtype=C64), 6, 2),
    # mel
    *cases(
        "signal.linear_to_mel_weight_matrix",
        [],
        [4, 9],
        [10, 33, 16000, 0.0, 8000.0],
        [4, const(9)],
        **LOOSE,
    ),
    case("signal.linear_to_mel_weight_matrix", 4, 9, const(8000.0), **LOOSE),
    raises("signal.linear_to_mel_weight_matrix", 0, 9),
    raises("signal.linear_to_mel_weight_matrix", 4, 9, sample_rate=0),
    raises("signal.linear_to_mel_weight_matrix", 4, 9, lower_edge_hertz=-1.0),
    raises("signal.linear_to_mel_weight_matrix", 4, 9, upper_edge_hertz=100.0),
    raises("signal.linear_to_mel_weight_matrix", 4, 9, sample_rate=4000),
    program(
        "int32-linear_to_mel_weight_matrix",
        lambda tf: tf.signal.linear_to_mel_weight_matrix(4, dtype=tf.int32),
        raises=True,
        executors=("eager",),
    ),
    case("signal.mfccs_from_log_mel_spectrograms", f32(2, 3, 10), grad=True, **LOOSE),
    case("signal.mfccs_from_log_mel_spectrograms", f64(2, 7), rtol=1e-6),
    raises("signal.mfccs_from_log_mel_spectrograms", f32(2, 0)),
    raises("signal.mfccs_from_log_mel_spectrograms", ints(2, 3)),
]
