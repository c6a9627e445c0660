"""Decompositions and solvers, transforms of signals, quantization, rarer layers and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracle.spec import sparse, tensor
from tests.random_calls.draw import (
    COMPLEX,
    FLOATS,
    REALS,
    WIDE,
    Call,
    Draw,
    Maker,
    Table,
    call,
)

Program = Callable[..., Any]

# ---- matrices; those whose factors are free in sign are put together again ----


def _square(d: Draw, dtypes: Any = (*WIDE, *COMPLEX), low: float = -2) -> Any:
    n = d.int(0, 3)
    return d.x(dtypes, (*d.shape(0, 1), n, n), low=low, high=2)


def _definite(tf: Any, x: Any) -> Any:
    return tf.matmul(x, x, adjoint_b=True) + 3 * tf.eye(tf.shape(x)[-1], dtype=x.dtype)


def _rebuilt_eigh(tf: Any, x: Any, **options: Any) -> Any:
    values, vectors = tf.linalg.eigh(_definite(tf, x))
    return values, tf.matmul(vectors * values[..., None, :], vectors, adjoint_b=True)


def _rebuilt_qr(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
    q, r = tf.linalg.qr(x, *args, **options)
    return tf.matmul(q, r), tf.abs(r)


def _rebuilt_svd(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
    s, u, v = tf.linalg.svd(x, *args, **options)
    return s, tf.abs(u), tf.abs(v)


def _cholesky(tf: Any, x: Any, **options: Any) -> Any:
    return tf.linalg.cholesky(_definite(tf, x), **options)


def _cholesky_solve(tf: Any, x: Any, right: Any, **options: Any) -> Any:
    return tf.linalg.cholesky_solve(tf.linalg.cholesky(_definite(tf, x)), right, **options)


def _logdet(tf: Any, x: Any, **options: Any) -> Any:
    return tf.linalg.logdet(_definite(tf, x), **options)


def _lu_solve(tf: Any, x: Any, right: Any, **options: Any) -> Any:
    factors, order = tf.linalg.lu(_definite(tf, x))
    return tf.linalg.lu_solve(factors, order, right, **options)


def _lu_round(tf: Any, x: Any, **options: Any) -> Any:
    factors, order = tf.linalg.lu(_definite(tf, x), **options)
    whole = tf.linalg.lu_reconstruct(factors, order)
    return whole, tf.linalg.lu_matrix_inverse(factors, order), order


def _system(d: Draw) -> Call:
    x = _square(d)
    return call(x, d.x(x.dtype, (*x.shape[:-1], d.int(1, 2))))


def _tridiagonal(d: Draw) -> Call:
    n, lead, dtype = d.int(1, 4), d.shape(0, 1), d.pick(*WIDE)
    x = d.x(dtype, (*lead, 3, n), low=0.5, high=2)
    right = d.x(dtype, (*lead, n, d.int(1, 2)))
    return call(x, right, **d.maybe(partial_pivoting=d.flag()))


def _tridiagonal_product(d: Draw) -> Call:
    n, lead, dtype = d.int(1, 4), d.shape(0, 1), d.pick(*WIDE)
    x = d.x(dtype, (*lead, 3, n))
    return call(x, d.x(dtype, (*lead, n, 2)), **d.maybe(diagonals_format="compact"))


def _banded(d: Draw) -> Call:
    n, bands, dtype = d.int(1, 4), d.int(1, 3), d.pick(*WIDE)
    x = d.x(dtype, (bands, n), low=1, high=2)
    return call(x, d.x(dtype, (n, d.int(1, 2))), **d.maybe(lower=d.flag(), adjoint=d.flag()))


def _eigen_tridiagonal(d: Draw) -> Call:
    n, dtype = d.int(2, 4), d.pick(*WIDE)
    options = d.maybe(eigvals_only=True, select=d.pick("a", "i", "v"))
    if options.get("select") == "i":
        options["select_range"] = (0, d.int(0, n))
    if options.get("select") == "v":
        options["select_range"] = (-1.0, 1.0)
    return call(d.x(dtype, (n,)), d.x(dtype, (n - 1,)), **options)


MATRICES: Table = {
    "linalg.eigh rebuilt": lambda d: call(_square(d)),
    "linalg.qr rebuilt": lambda d: call(
        d.x(WIDE, d.shape(2, 3)), **d.maybe(full_matrices=d.flag())
    ),
    "linalg.svd rebuilt": lambda d: call(d.x(WIDE, d.shape(2, 3))),
    "linalg.cholesky definite": lambda d: call(_square(d)),
    "linalg.cholesky_solve definite": _system,
    "linalg.logdet definite": lambda d: call(_square(d)),
    "linalg.lu_solve definite": _system,
    "linalg.lu round": lambda d: call(_square(d), **d.maybe(output_idx_type="int64")),
    "linalg.lu": lambda d: call(_square(d)),
    "linalg.eigvalsh": lambda d: call(_square(d)),
    "linalg.sqrtm definite": lambda d: call(_square(d, WIDE)),
    "linalg.logm": lambda d: call(_square(d, COMPLEX)),
    "linalg.tridiagonal_solve": _tridiagonal,
    "linalg.tridiagonal_matmul": _tridiagonal_product,
    "linalg.banded_triangular_solve": _banded,
    "linalg.eigh_tridiagonal values": _eigen_tridiagonal,
    "linalg.matvec": lambda d: call(
        d.x(REALS, (2, d.int(1, 3), 3)), d.x(FLOATS, d.pick((3,), (2, 3))),
        **d.maybe(transpose_a=True),
    ),
    "linalg.diag full": lambda d: call(
        d.x(FLOATS, d.shape(1, 3)), (d.int(-2, 0), d.int(0, 2)), d.int(-1, 5), d.int(-1, 5),
        **d.maybe(padding_value=1, align=d.pick("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT")),
    ),
    "linalg.diag_part full": lambda d: call(
        d.x(FLOATS, d.shape(2, 3)), k=(d.int(-2, 0), d.int(0, 2)),
        **d.maybe(padding_value=2, align=d.pick("RIGHT_LEFT", "LEFT_RIGHT", "RIGHT_RIGHT")),
    ),
    "linalg.set_diag full": lambda d: call(
        d.x(FLOATS, (3, 4)), d.x("float32", (3, 3)), k=d.pick((-1, 1), (0, 2), (-2, 0)),
    ),
}  # fmt: skip


def _sqrtm(tf: Any, x: Any, **options: Any) -> Any:
    return tf.linalg.sqrtm(_definite(tf, x), **options)


def _tridiagonal_values(tf: Any, *args: Any, **options: Any) -> Any:
    found = tf.linalg.eigh_tridiagonal(*args, **options)
    return (found[0], tf.abs(found[1])) if isinstance(found, tuple) else found


# ---- signals ----


def _transform(rank: int, dtypes: Any = COMPLEX) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(
            dtypes, tuple(d.int(0 if d.chance(0.1) else 1, 4) for _ in range(rank + d.int(0, 1)))
        )
        length = d.maybe(fft_length=[d.int(1, 5) for _ in range(rank)])
        return call(x, **(length if dtypes is not COMPLEX else {}))

    return make


def _inverse_real(rank: int) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(COMPLEX, tuple(d.int(1, 4) for _ in range(rank + d.int(0, 1))))
        return call(x, **d.maybe(fft_length=[d.int(1, 5) for _ in range(rank)]))

    return make


def _any_rank(dtypes: Any) -> Maker:
    def make(d: Draw) -> Call:
        x = d.x(dtypes, d.shape(1, 3))
        axes = sorted({d.axis(len(x.shape)) for _ in range(d.int(1, 2))})
        return call(x, **d.maybe(fft_length=[d.int(1, 4) for _ in axes], axes=axes))

    return make


def _stft(d: Draw) -> Call:
    x = d.x(WIDE, (*d.shape(0, 1), d.int(2, 12)))
    options = d.maybe(fft_length=d.int(4, 8), window_fn=None, pad_end=d.flag())
    return call(x, d.int(1, 5), d.int(1, 3), **options)


def _inverse_stft(d: Draw) -> Call:
    bins = d.int(1, 4)
    x = d.x(COMPLEX, (*d.shape(0, 1), d.int(1, 3), bins + 1))
    return call(x, d.int(1, 2 * bins), d.int(1, 3), **d.maybe(fft_length=2 * bins, window_fn=None))


def _mel(d: Draw) -> Call:
    options = d.maybe(num_mel_bins=d.int(1, 6), num_spectrogram_bins=d.int(2, 12))
    options |= d.maybe(sample_rate=8000, lower_edge_hertz=100.0, upper_edge_hertz=3000.0)
    return call(**options)


SIGNALS: Table = {
    "signal.fft3d": _transform(3),
    "signal.ifft3d": _transform(3),
    "signal.rfft2d": _transform(2, WIDE),
    "signal.rfft3d": _transform(3, WIDE),
    "signal.irfft2d": _inverse_real(2),
    "signal.irfft3d": _inverse_real(3),
    **{f"signal.{n}": _any_rank(COMPLEX) for n in ["fftnd", "ifftnd", "irfftnd"]},
    "signal.rfftnd": _any_rank(WIDE),
    "signal.ifftshift": lambda d: call(d.x(REALS), **d.maybe(axes=d.axes(2))),
    "signal.idct": lambda d: call(
        d.x(WIDE, d.shape(1, 2)),
        **d.maybe(type=d.int(1, 4), norm=d.pick("ortho", None), n=d.int(1, 5)),
    ),
    "signal.dct length": lambda d: call(
        d.x(WIDE, d.shape(1, 2)), d.int(1, 4), d.int(1, 6), **d.maybe(axis=d.pick(-1, 0))
    ),
    "signal.mdct": lambda d: call(
        d.x(WIDE, d.shape(1, 2)), d.pick(4, 8, 6), **d.maybe(pad_end=True, norm="ortho")
    ),
    "signal.inverse_mdct": lambda d: call(
        d.x(WIDE, (*d.shape(0, 1), d.int(1, 3), d.int(1, 4))), **d.maybe(norm="ortho")
    ),
    "signal.stft": _stft,
    "signal.inverse_stft": _inverse_stft,
    "signal.linear_to_mel_weight_matrix": _mel,
    "signal.mfccs_from_log_mel_spectrograms": lambda d: call(d.x(WIDE, d.shape(1, 3))),
    "signal.vorbis_window": lambda d: call(d.int(0, 7), **d.maybe(dtype="float64")),
    "signal.kaiser_bessel_derived_window": lambda d: call(d.int(0, 7), **d.maybe(beta=3.0)),
}

# ---- quantization ----


def _fake(d: Draw) -> Call:
    low, high = d.pick((-1.0, 1.0), (0.0, 0.5), (0.5, 2.0), (-3.0, -1.0), (1.0, -1.0))
    return call(d.x("float32"), low, high, **d.maybe(num_bits=d.int(2, 16), narrow_range=True))


def _fake_channels(d: Draw) -> Call:
    x = d.x("float32", d.shape(1, 3))
    low = d.x("float32", (x.shape[-1],), low=-1, high=0)
    return call(x, low, d.x("float32", (x.shape[-1],), low=0.1, high=1), **d.maybe(num_bits=4))


def _quantize(d: Draw) -> Call:
    options = d.maybe(
        mode=d.pick("MIN_COMBINED", "MIN_FIRST", "SCALED"),
        round_mode=d.pick("HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"),
        narrow_range=d.flag(), ensure_minimum_range=0.1,
    )  # fmt: skip
    x = d.x("float32", d.shape(1, 2))
    return call(x, d.pick(-1.0, 0.0), d.pick(1.0, 6.0), d.pick("quint8", "qint8"), **options)


def _quantize_round(tf: Any, x: Any, low: Any, high: Any, dtype: Any, **options: Any) -> Any:
    output, *limits = tf.quantization.quantize(x, low, high, tf.as_dtype(dtype), **options)
    return [tf.cast(output, "int32"), *limits]


def _both_ways(d: Draw) -> Call:
    options = d.maybe(signed_input=d.flag(), num_bits=d.int(2, 9), narrow_range=d.flag())
    options |= d.maybe(range_given=d.flag(), round_mode=d.pick("HALF_TO_EVEN", "HALF_UP"))
    return call(d.x(WIDE), -1.0, 1.0, **options)


QUANTIZED: Table = {
    "quantization.fake_quant_with_min_max_args": _fake,
    "quantization.fake_quant_with_min_max_vars": _fake,
    "quantization.fake_quant_with_min_max_vars_per_channel": _fake_channels,
    "quantization.quantize codes": _quantize,
    "quantization.quantize_and_dequantize": _both_ways,
    "quantization.quantize_and_dequantize_v2": _both_ways,
}

# ---- rarer layers and losses ----


def _transposed(rank: int) -> Maker:
    def make(d: Draw) -> Call:
        stride, size, width = d.int(1, 2), d.int(1, 3), d.int(1, 3)
        dtype, padding = d.pick(*WIDE), d.pick("SAME", "VALID")
        out = width * stride if padding == "SAME" else width * stride + max(size - stride, 0)
        x = d.x(dtype, (2, *[width] * rank, 2))
        return call(x, d.x(dtype, (*[size] * rank, 3, 2)), [2, *[out] * rank, 3], stride, padding)

    return make


def _ctc(d: Draw) -> Call:
    frames, batch, classes = d.int(3, 5), d.int(1, 2), 4
    labels = d.x("int32", (batch, 2), low=1, high=classes)
    options = {"logits_time_major": True, "blank_index": d.pick(0, -1)}
    lengths = tensor([d.int(1, 2) for _ in range(batch)])
    logits = d.x("float32", (frames, batch, classes))
    return call(labels, logits, lengths, tensor([frames] * batch), **options)


def _ctc_sparse(d: Draw) -> Call:
    labels = sparse([[0, 0], [0, 1], [1, 0]], tensor([0, 2, 1]), [2, 2])
    return call(labels, d.x("float32", (4, 2, 4)), None, tensor([4, d.int(2, 4)]), blank_index=-1)


def _greedy(d: Draw) -> Call:
    logits = d.x("float32", (d.int(1, 5), 2, 3), kind="distinct")
    return call(logits, tensor([d.int(0, 5), 1]), **d.maybe(merge_repeated=False, blank_index=0))


def _beams(d: Draw) -> Call:
    logits = d.x("float32", (d.int(1, 4), 1, 3), kind="distinct", low=-3, high=3)
    return call(logits, tensor([logits.shape[0]]), beam_width=d.int(1, 4), top_paths=d.int(1, 2))


def _fractional(d: Draw) -> Call:
    x = d.x(("float32", "float64", "int32"), (1, d.int(3, 6), d.int(3, 6), 1), kind="distinct")
    options = {"pseudo_random": d.flag(), "seed": d.int(1, 9)} | d.maybe(overlapping=True)
    return call(x, d.pick([1, 1.5, 1.5, 1], [1.0, 2.0, 1.0, 1.0], 1.4, [1.2, 1.6]), **options)


def _dropout(d: Draw) -> Call:
    x = d.x((*FLOATS, "int32"), d.shape(0, 2))
    return call(x, d.pick(0.5, 0, 0.9, 1.0, 1, -0.1), seed=[d.int(0, 9), 2])


LAYERS: Table = {
    "nn.conv1d_transpose": _transposed(1),
    "nn.conv_transpose": _transposed(2),
    "nn.conv3d_transpose": _transposed(3),
    "nn.atrous_conv2d_transpose": lambda d: call(
        d.x("float32", (1, 3, 3, 2)), d.x("float32", (2, 2, 1, 2)), [1, 3, 3, 1], d.int(1, 2),
        "SAME",
    ),
    "nn.ctc_loss": _ctc,
    "nn.ctc_loss sparse": _ctc_sparse,
    "nn.ctc_greedy_decoder": _greedy,
    "nn.ctc_beam_search_decoder": _beams,
    "nn.ctc_unique_labels": lambda d: call(d.x("int32", (2, 3), low=1, high=4)),
    "nn.fractional_max_pool": _fractional,
    "nn.fractional_avg_pool": _fractional,
    "nn.experimental.stateless_dropout": _dropout,
    "nn.normalize_moments": lambda d: call(
        tensor(2.0), d.x("float32", (2,)), d.x("float32", (2,)), d.pick(None, 0.5)
    ),
    "nn.batch_norm_with_global_normalization": lambda d: call(
        d.x(WIDE, (1, 2, 2, 3)), *[d.x("float32", (3,), low=0.1, high=1) for _ in range(4)],
        d.pick(1e-3, 0.1), d.flag(),
    ),
    "nn.depthwise_conv2d_backprop_filter": lambda d: call(
        d.x("float32", (1, 3, 3, 2)), [2, 2, 2, 1], d.x("float32", (1, 3, 3, 2)), [1, 1, 1, 1],
        "SAME",
    ),
    "nn.depthwise_conv2d_backprop_input": lambda d: call(
        [1, 3, 3, 2], d.x("float32", (2, 2, 2, 1)), d.x("float32", (1, 3, 3, 2)), [1, 1, 1, 1],
        "SAME",
    ),
    "extract_volume_patches": lambda d: call(
        d.x(REALS, (1, 3, 3, 3, 1)), [1, 2, d.int(1, 2), 2, 1], [1, 1, 2, 1, 1],
        d.pick("SAME", "VALID"),
    ),
    "math.approx_max_k": lambda d: call(
        d.x("float32", d.shape(1, 2), kind="distinct"), d.int(1, 3)
    ),
    "space_to_batch_nd": lambda d: call(
        d.x(REALS, (1, 4, d.int(2, 4), 1)), [2, d.int(1, 2)], [[0, 0], [d.int(0, 1), 0]]
    ),
}  # fmt: skip

PROGRAMS: dict[str, Program] = {
    "linalg.eigh rebuilt": _rebuilt_eigh,
    "linalg.qr rebuilt": _rebuilt_qr,
    "linalg.svd rebuilt": _rebuilt_svd,
    "linalg.cholesky definite": _cholesky,
    "linalg.cholesky_solve definite": _cholesky_solve,
    "linalg.logdet definite": _logdet,
    "linalg.lu_solve definite": _lu_solve,
    "linalg.lu round": _lu_round,
    "linalg.sqrtm definite": _sqrtm,
    "linalg.eigh_tridiagonal values": _tridiagonal_values,
    "quantization.quantize codes": _quantize_round,
}

TABLE: Table = {**MATRICES, **SIGNALS, **QUANTIZED, **LAYERS}
