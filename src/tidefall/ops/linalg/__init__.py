"""Linear algebra: products, einsum, decompositions, solvers, matrix functions, linear operators.

Stacks of matrices enter and leave, the matrix in the last two dimensions (`batches.py`). Read
`matmul.py` first, then `cholesky.py` for a decomposition.
"""
