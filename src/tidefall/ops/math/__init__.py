"""Elementwise arithmetic, comparison, logic and special functions, and running sums along an axis.

Numbers of any shape enter, broadcast against each other; numbers or booleans leave. Read
`elementwise.py` first.
"""
