"""Summaries of streams in bounded memory that can be merged: what statistics are made of.

Arrays enter, by NumPy or Arrow; merged summaries leave. Each states its error: `quantiles.py` a
share of the rank, `value_counts.py` an absolute count, `distinct.py` a standard deviation; all are
exact while little has come. `moments.py` is exact but for rounding.
"""
