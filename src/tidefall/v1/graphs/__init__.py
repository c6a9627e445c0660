"""What programs do with graphs: collections, gradients, freezing, wrapping as functions.

Read `graph_keys.py` first.
"""
