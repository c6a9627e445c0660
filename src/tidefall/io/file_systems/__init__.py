"""`tf.io.gfile`: folders and files, local ones here, those behind URLs through fsspec.

Paths and URLs enter, open files leave. What is written appears whole or not at all
(`whole_files.py`). Read `file_system.py` first.
"""
