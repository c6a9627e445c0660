"""Tensor bundles, the files of checkpoints: an index that is a sorted table, and data files.

Named arrays enter `bundle_writer.py` and leave `bundle_reader.py`. Read `bundle_format.py` first.
"""
