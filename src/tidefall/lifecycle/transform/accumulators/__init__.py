"""What analyzers gather, in NumPy: batches go in, parts are merged, a value comes out.

`accumulator.py` says what one is; the others are one file for each kind.
"""
