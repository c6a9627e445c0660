"""Linear algebra: decompositions, solvers, functions of matrices, norms, linear operators.

Host kernels are NumPy's batched LAPACK. Where NumPy has nothing (the square root and the logarithm
of a matrix) they use SciPy, imported when first needed.
"""
