"""Ops on sparse matrices for which TensorFlow has kernels on GPUs only, beside dense arithmetic."""

import numpy as np
import pytest

import tidefall as tf

ONE = np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 0, 4]], np.float32)
TWO = np.array([[0, 5, 1, 0], [0, 0, 0, 0], [2, 0, 0, 3]], np.float32)
BATCH = np.stack([ONE, TWO])


def csr(values, pattern=None):
    pattern = values if pattern is None else pattern
    where = np.argwhere(np.asarray(pattern) != 0)
    return tf.raw_ops.DenseToCSRSparseMatrix(dense_input=values, indices=where)


def dense(matrix):
    return tf.raw_ops.CSRSparseMatrixToDense(sparse_input=matrix, type=tf.float32)


def test_add_scales_both():
    made = tf.raw_ops.SparseMatrixAdd(a=csr(ONE), b=csr(TWO), alpha=2.0, beta=-1.0)
    np.testing.assert_array_equal(dense(made), 2 * ONE - TWO)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must match"):
        tf.raw_ops.SparseMatrixAdd(a=csr(ONE), b=csr(ONE.T), alpha=1.0, beta=1.0)


def test_gradients_of_add_are_those_of_dense_sums():
    one, two = tf.constant(ONE), tf.constant(TWO)
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)

    def total(one, two, alpha, beta):
        made = tf.raw_ops.SparseMatrixAdd(a=csr(one, ONE), b=csr(two, TWO), alpha=alpha, beta=beta)
        return tf.reduce_sum(dense(made) * weights)

    scales = [tf.constant(2.0), tf.constant(-1.0)]
    with tf.GradientTape() as tape:
        tape.watch([one, two, *scales])
        value = total(one, two, *scales)
    found = tape.gradient(value, [one, two, *scales])
    np.testing.assert_allclose(found[0], 2 * weights * (ONE != 0))
    np.testing.assert_allclose(found[1], -weights * (TWO != 0))
    np.testing.assert_allclose(found[2], (weights * ONE).sum())
    np.testing.assert_allclose(found[3], (weights * TWO).sum())


def test_mul_takes_a_number_or_one_for_each_matrix():
    np.testing.assert_array_equal(dense(tf.raw_ops.SparseMatrixMul(a=csr(ONE), b=3.0)), 3 * ONE)
    factors = np.array([2, 3], np.float32).reshape(2, 1, 1)
    made = tf.raw_ops.SparseMatrixMul(a=csr(BATCH), b=factors)
    np.testing.assert_array_equal(dense(made), BATCH * factors)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[batch, 1, 1\]"):
        tf.raw_ops.SparseMatrixMul(a=csr(ONE), b=[1.0, 2.0])


def test_gradients_of_mul():
    values, factors = tf.constant(BATCH), tf.constant([[[2.0]], [[3.0]]])
    with tf.GradientTape() as tape:
        tape.watch([values, factors])
        made = dense(tf.raw_ops.SparseMatrixMul(a=csr(values, BATCH), b=factors))
    of_values, of_factors = tape.gradient(made, [values, factors])
    np.testing.assert_allclose(of_values, (BATCH != 0) * factors.numpy())
    np.testing.assert_allclose(of_factors, BATCH.sum((1, 2), keepdims=True))


def test_softmax_is_over_the_values_of_each_row():
    found = dense(tf.raw_ops.SparseMatrixSoftmax(logits=csr(BATCH), type=tf.float32)).numpy()
    weights = np.where(BATCH != 0, np.exp(BATCH), 0)
    sums = weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(found, weights / np.where(sums, sums, 1), rtol=1e-6)


def test_gradient_of_softmax():
    values = tf.constant(ONE)
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)
    with tf.GradientTape() as tape:
        tape.watch(values)
        made = dense(tf.raw_ops.SparseMatrixSoftmax(logits=csr(values, ONE), type=tf.float32))
        total = tf.reduce_sum(made * weights)
    p = made.numpy()
    expected = p * (weights - (p * weights).sum(-1, keepdims=True))
    np.testing.assert_allclose(tape.gradient(total, values), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 3)])
def test_zeros_hold_nothing(shape):
    made = tf.raw_ops.SparseMatrixZeros(dense_shape=shape, type=tf.float32)
    np.testing.assert_array_equal(dense(made), np.zeros(shape))
    assert np.sum(tf.raw_ops.SparseMatrixNNZ(sparse_matrix=made)) == 0


@pytest.mark.parametrize("turn_a", [None, "transpose_a", "adjoint_a"])
@pytest.mark.parametrize("turn_b", [None, "transpose_b", "adjoint_b"])
def test_gradients_of_sparse_products(turn_a, turn_b):
    a = tf.constant(ONE if turn_a is None else ONE.T.copy())
    b = tf.constant(TWO.T.copy() if turn_b is None else TWO)
    turns = {turn: True for turn in (turn_a, turn_b) if turn}
    weights = np.arange(9, dtype=np.float32).reshape(3, 3)

    def product(a, b, sparse):
        if not sparse:
            return tf.matmul(a, b, **turns)
        left, right = csr(a, a.numpy()), csr(b, b.numpy())
        return dense(tf.raw_ops.SparseMatrixSparseMatMul(a=left, b=right, type=tf.float32, **turns))

    gradients = []
    for sparse in (True, False):
        with tf.GradientTape() as tape:
            tape.watch([a, b])
            total = tf.reduce_sum(product(a, b, sparse) * weights)
        gradients.append(tape.gradient(total, [a, b]))
    for found, whole, operand in zip(*gradients, (a, b), strict=True):
        np.testing.assert_allclose(found, whole.numpy() * (operand.numpy() != 0), rtol=1e-6)


def test_a_matrix_used_twice_has_both_gradients():
    values = tf.constant(ONE)
    with tf.GradientTape() as tape:
        tape.watch(values)
        matrix = csr(values, ONE)
        made = tf.raw_ops.SparseMatrixSparseMatMul(
            a=matrix, b=matrix, type=tf.float32, transpose_b=True
        )
        total = tf.reduce_sum(dense(made))
    sums = np.broadcast_to(ONE.sum(0, keepdims=True), ONE.shape)
    np.testing.assert_allclose(tape.gradient(total, values), 2 * sums * (ONE != 0))


def test_an_order_of_minimum_degree_keeps_an_arrow_sparse():
    arrow = np.eye(6, dtype=np.float32) * 9
    arrow[0, :] = arrow[:, 0] = 1
    arrow[0, 0] = 9
    order = tf.raw_ops.SparseMatrixOrderingAMD(input=csr(arrow))
    assert sorted(order.numpy().tolist()) == list(range(6))
    made = tf.raw_ops.SparseMatrixSparseCholesky(
        input=csr(arrow), permutation=order, type=tf.float32
    )
    assert int(tf.raw_ops.SparseMatrixNNZ(sparse_matrix=made)) == 11
    lower = dense(made).numpy()
    put = arrow[np.ix_(order.numpy(), order.numpy())]
    np.testing.assert_allclose(lower @ lower.T, put, rtol=1e-5, atol=1e-5)


def test_a_permutation_holds_each_row_once():
    with pytest.raises(tf.errors.InvalidArgumentError, match="each row once"):
        tf.raw_ops.SparseMatrixSparseCholesky(
            input=csr(np.eye(3, dtype=np.float32)), permutation=[0, 0, 1], type=tf.float32
        )
