"""Linear operators against the dense matrices that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.oracle.cases.linear_operators import DEFINITE, SQUARE
from tests.oracle.spec import leaf_dtype


def _made(name: str) -> tuple[Any, np.ndarray]:
    make, args = SQUARE[name]
    tensors = [
        tf.constant(leaf.make(f"{name}{i}"), leaf_dtype(leaf)) for i, leaf in enumerate(args)
    ]
    operator = make(tf, *tensors)
    return operator, operator.to_dense().numpy()


def _check(tensor: Any, wanted: Any) -> None:
    np.testing.assert_allclose(np.asarray(tensor), wanted, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("name", SQUARE)
def test_numbers(name: str) -> None:
    operator, dense = _made(name)
    _check(operator.determinant(), np.linalg.det(dense))
    _check(operator.log_abs_determinant(), np.linalg.slogdet(dense)[1])
    _check(operator.trace(), np.trace(dense, axis1=-2, axis2=-1))
    _check(operator.diag_part(), np.diagonal(dense, axis1=-2, axis2=-1))
    _check(operator.cond(), np.linalg.cond(dense))


@pytest.mark.parametrize("name", SQUARE)
def test_products_and_solutions(name: str) -> None:
    operator, dense = _made(name)
    turned = np.conj(dense.swapaxes(-1, -2))
    x = np.arange(2.0 * dense.shape[-1]).reshape(-1, 2).astype(dense.dtype) - 2
    _check(operator.matmul(x), dense @ x)
    _check(operator.matmul(x, adjoint=True), turned @ x)
    _check(operator.solve(x), np.linalg.inv(dense) @ x)
    _check(operator.solve(x, adjoint=True), np.linalg.inv(turned) @ x)
    _check(operator.inverse().to_dense(), np.linalg.inv(dense))
    _check(operator.adjoint().to_dense(), turned)
    _check(operator.add_to_tensor(np.ones(dense.shape, dense.dtype)), dense + 1)


@pytest.mark.parametrize("name", DEFINITE)
def test_roots(name: str) -> None:
    operator, dense = _made(name)
    _check(operator.cholesky().to_dense(), np.linalg.cholesky(dense))
    _check(np.sort(np.real(operator.eigvals()), -1), np.linalg.eigvalsh(dense))


@pytest.mark.parametrize("name", SQUARE)
def test_passes_through_a_function(name: str) -> None:
    operator, dense = _made(name)
    again = tf.function(lambda o: o, input_signature=[operator._type_spec])(operator)
    assert type(again) is type(operator)
    _check(again.to_dense(), dense)


@pytest.mark.parametrize("left", SQUARE)
def test_products_of_pairs(left: str) -> None:
    one, a = _made(left)
    for right in SQUARE:
        other, b = _made(right)
        if other.dtype != one.dtype or other.shape[-1] != one.shape[-1]:
            continue
        _check((one @ other).to_dense(), a @ b)
        _check(one.solve(other).to_dense(), np.linalg.inv(a) @ b)
