"""Stages of pipelines that have one input: an op, a node and a method of `Dataset` in each file.

The node of the input enters, a node leaves. Read `take.py` first, the plainest; `map.py` has
functions and threads.
"""
