"""Stages without an input: arrays, generators, files of records, lines, CSV, SQL.

Read `slices.py` first, then `file_sources.py` for what reads files.
"""
