"""Checkpoints: the values of an object and of all it holds.

An object enters; `object_graph.py` finds what it holds, `io/bundles` writes it, `restoration.py`
puts values back, also into what is made later. Read `checkpoint.py` first.
"""
