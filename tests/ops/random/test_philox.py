"""Philox against published numbers, and the host's numbers against those of compiled code."""

from __future__ import annotations

import numpy as np
import pytest

from tidefall.ops.random import draws, philox

KEY, COUNTER = philox.key_and_counter(1, 2)
MOST = 2**64 - 1


@pytest.mark.parametrize(
    "key, counter, words",
    [
        # The test vectors that come with Random123, the generator's own library.
        (0, 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (MOST, 2**128 - 1, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            0x299F31D0_A4093822,
            0x03707344_13198A2E_85A308D3_243F6A88,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(key: int, counter: int, words: tuple[int, ...]) -> None:
    assert philox.blocks(key, counter, np.zeros(1, np.uint64))[0].tolist() == list(words)


def test_the_counter_carries_over_64_bits() -> None:
    index = np.arange(4, dtype=np.uint64)
    straight = [philox.blocks(KEY, MOST - 1 + i, index[:1])[0] for i in range(4)]
    np.testing.assert_array_equal(philox.blocks(KEY, MOST - 1, index), straight)


def test_pieces_are_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = philox.blocks(KEY, COUNTER, np.arange(100, dtype=np.uint64))
    monkeypatch.setattr(philox, "CHUNK", 7)
    monkeypatch.setattr(philox, "FEW", 0)
    pieces = philox.blocks(KEY, COUNTER, np.arange(100, dtype=np.uint64))
    np.testing.assert_array_equal(whole, pieces)


EXACT = {
    "uniform": (draws.uniform, draws.uniform_xla, ["float16", "float32", "float64"]),
    "integers": (draws.integers, draws.integers_xla, ["int32", "int64", "uint32", "uint64"]),
}
CLOSE = {
    "normal": (draws.normal, draws.normal_xla),
    "truncated": (draws.truncated_normal, draws.truncated_normal_xla),
}


def _compiled(function, *args):
    import jax

    words = np.array([KEY, COUNTER & MOST, COUNTER >> 64], np.uint64)
    with jax.enable_x64(True):
        return np.asarray(jax.jit(lambda w: function(w[0], w[1:], *args))(words))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("shape", [(7,), (3, 0), (2, 3, 5), (33, 40)])
def test_compiled_numbers_are_the_same(name: str, shape: tuple[int, ...]) -> None:
    host, xla, dtypes = EXACT[name]
    for dtype in dtypes:
        want = host(KEY, COUNTER, shape, np.dtype(dtype))
        np.testing.assert_array_equal(_compiled(xla, shape, np.dtype(dtype)), want)


def test_a_small_draw_is_a_small_program() -> None:
    import jax

    def rounds(count: int) -> int:
        with jax.enable_x64(True):
            words = np.zeros(3, np.uint64)
            lowered = jax.jit(
                lambda w: draws.uniform_xla(w[0], w[1:], (count,), np.dtype(np.float32))
            ).lower(words)
        return lowered.as_text().count("stablehlo.xor") // 4

    assert (rounds(8), rounds(8 * philox.FEW_XLA)) == (1, philox.ROUNDS)


@pytest.mark.parametrize("name", CLOSE)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_compiled_normal_numbers_are_close(name: str, dtype: str) -> None:
    host, xla = CLOSE[name]
    want = host(KEY, COUNTER, (1001,), np.dtype(dtype))
    tolerance = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(_compiled(xla, (1001,), np.dtype(dtype)), want, tolerance, tolerance)
    assert want.dtype == dtype


@pytest.mark.parametrize("low, high", [(-5, 9), (0, 2**31 - 1), (-(2**31), 2**31 - 1)])
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_compiled_ranges_are_the_same(low: int, high: int, dtype: str) -> None:
    kind = np.dtype(dtype)
    limits = np.array(low, kind), np.array(high, kind)
    want = draws.integers_between(KEY, COUNTER, (50,), *limits, kind)
    got = _compiled(draws.integers_between_xla, (50,), *limits, kind)
    np.testing.assert_array_equal(got, want)
    assert (want >= low).all() and (want < high).all()


def test_an_unlucky_group_draws_again() -> None:
    """One group in 10^5 needs more than the eight candidates that are drawn first."""
    numbers = draws.truncated_normal(KEY, COUNTER, (600_000,), np.float32)
    assert np.abs(numbers).max() < 2
    assert abs(numbers.std() - 0.8796) < 2e-3


def test_distributions() -> None:
    uniform = draws.uniform(KEY, COUNTER, (100_000,), np.float32)
    normal = draws.normal(KEY, COUNTER, (100_000,), np.float32)
    assert uniform.min() >= 0 and uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 5e-3 and abs(uniform.var() - 1 / 12) < 1e-3
    assert abs(normal.mean()) < 1e-2 and abs(normal.std() - 1) < 1e-2
    counts = np.bincount(draws.categorical(KEY, COUNTER, np.log([[0.1, 0.2, 0.7]]), 50_000)[0])
    np.testing.assert_allclose(counts / 50_000, [0.1, 0.2, 0.7], atol=1e-2)
