"""Ops of the registry with hostile sizes and attributes: each ends with a result or a clear error.

What enters: a seed. What leaves: the calls that crashed, hung, passed the memory limit or ended
with an error of another kind. Read `draw.py` first, then `attempt.py`.
"""
