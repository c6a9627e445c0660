"""Lookup tables: the ops on them, and the classes of `tf.lookup`.

Keys enter, values leave; `tables.py` holds what is behind a handle. Read `interface.py` first.
"""
