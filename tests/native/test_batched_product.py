"""Native products of stacks of matrices agree with NumPy's, wherever the matrices lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import ALL
from tidefall.base.errors import InternalError
from tidefall.native import batched_product as native
from tidefall.native.library import call, enabled, status
from tidefall.ops.linalg.einsum_kernels import einsum_xla
from tidefall.runtime.xla.jax_bridge import load_jax

needs_kernels = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

EQUATIONS = [
    "BTNH,BSNH->BNTS",
    "BNTS,BSNH->BTNH",
    "BTNH,BNTS->BSNH",
    "BNTS,BTNH->BSNH",
    "BNTH,BNSH->BNTS",
    "BTNH,BSNH->BNST",
    "BHT,BHS->BTS",
]
SIZES = [
    {"B": 2, "N": 4, "T": 64, "S": 64, "H": 32},
    {"B": 3, "N": 3, "T": 13, "S": 37, "H": 11},
    {"B": 8, "N": 1, "T": 7, "S": 1, "H": 66},
    {"B": 2, "N": 5, "T": 1, "S": 100, "H": 1},
    {"B": 9, "N": 2, "T": 33, "S": 17, "H": 5},
]


def _arrays(equation: str, sizes: dict[str, int]) -> tuple[list[np.ndarray], np.ndarray]:
    generator = np.random.default_rng(0)
    terms = equation.partition("->")[0].split(",")
    arrays = [generator.standard_normal([sizes[v] for v in t]).astype(np.float32) for t in terms]
    return arrays, np.einsum(equation, *[a.astype(np.float64) for a in arrays])


def _settings(equation: str, sizes: dict[str, int]) -> Any:
    terms, _, out = equation.partition("->")
    return native.batched_settings(*terms.split(","), out, sizes)


@needs_kernels
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("equation", EQUATIONS)
@ALL
def test_agrees(
    run: Any, equation: str, sizes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "FEWEST_MULTIPLICATIONS", 0)
    monkeypatch.setattr(native, "FEWEST_MATRICES", 0)
    arrays, expected = _arrays(equation, sizes)
    how = _settings(equation, sizes)
    assert how is not None
    result = native.batched_product(run, *arrays, expected.shape, how)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation: str) -> None:
    """Eagerly and compiled, with kernels and without."""
    arrays, expected = _arrays(equation, SIZES[0])
    np.testing.assert_allclose(tf.einsum(equation, *arrays), expected, rtol=1e-4, atol=1e-4)
    compiled = load_jax().jit(lambda *a: einsum_xla(list(a), equation=equation))(*arrays)
    np.testing.assert_allclose(compiled, expected, rtol=1e-4, atol=1e-4)


@needs_kernels
def test_compiled_attention_has_no_transposed_copies() -> None:
    arrays, _ = _arrays("BTNH,BSNH->BNTS", SIZES[0])
    traced = load_jax().jit(lambda *a: einsum_xla(list(a), equation="BTNH,BSNH->BNTS"))
    text = traced.lower(*arrays).compile().as_text()
    assert "tidefall_batched_product" in text and "transpose" not in text


@pytest.mark.parametrize(
    ("equation", "sizes"),
    {
        "no batch": ("ik,kj->ij", {"i": 512, "j": 512, "k": 512}),
        "few matrices": ("bik,bkj->bij", {"b": 7, "i": 64, "j": 64, "k": 64}),
        "little work": ("bik,bkj->bij", {"b": 8, "i": 8, "j": 8, "k": 8}),
        "large matrices": ("bik,bkj->bij", {"b": 8, "i": 513, "j": 64, "k": 64}),
        "two inner dimensions": ("bikl,bklj->bij", {"b": 9, "i": 64, "j": 64, "k": 8, "l": 8}),
        "a sum over one operand": ("bikl,bkj->bij", {"b": 9, "i": 64, "j": 64, "k": 8, "l": 8}),
        "a diagonal": ("biik,bkj->bij", {"b": 9, "i": 64, "j": 64, "k": 8}),
        "a result that is turned": ("bik,bkj->ijb", {"b": 64, "i": 64, "j": 64, "k": 64}),
        "rows and inner apart": ("ikb,bkj->bij", {"b": 64, "i": 64, "j": 64, "k": 64}),
    }.values(),
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_not_for_others(equation: str, sizes: dict[str, int]) -> None:
    assert _settings(equation, sizes) is None
    arrays, expected = _arrays(equation, sizes)
    compiled = load_jax().jit(lambda *a: einsum_xla(list(a), equation=equation))(*arrays)
    np.testing.assert_allclose(compiled, expected, rtol=1e-3, atol=1e-3)


@needs_kernels
def test_steps_that_it_cannot_take_are_an_error() -> None:
    x = np.ones((2, 2), np.float32)
    with pytest.raises(InternalError, match="lie side by side"):
        call("batched_product", [x, x], [((2, 2), x.dtype)], (0, 2, 2, 2, 2, 2, 1, 1, 2))
