"""Compiled loops of recurrent networks that become one call of a native kernel.

The body of a loop enters as jax sees it. If each of its operations treats every row of a batch by
itself, a short program for the kernel leaves (`native/fused_rnn.py`). Read `loops.py` first.
"""
