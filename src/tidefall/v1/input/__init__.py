"""Datasets, readers and tables whose iterators and initialisers are nodes that a session runs.

Read `dataset_iterators.py` first.
"""
