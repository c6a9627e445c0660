"""What is told of a pipeline: its stages, sizes, fingerprints, and where its time goes.

A node enters, words or numbers leave. Read `explain.py` first.
"""
