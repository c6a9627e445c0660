"""Sparse matrices in compressed rows, carried by variants."""
