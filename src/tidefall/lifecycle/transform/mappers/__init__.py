"""Mappers: from a tensor to a tensor, row by row, with the values that analyzers found.

One file for each kind; those that need no analyzer work outside of a preprocessing_fn, too.
"""
