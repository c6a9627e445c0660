"""Functions made of functions: many runs as one.

A function and stacked inputs enter, stacked outputs leave. Read `vectorized_map.py` first.
"""
