"""Slices that a configuration does not name: buckets of numbers, windows of time, the worst ones.

Tables or files enter; tables and files with further columns leave, or slices and what is bad about
them. Read `buckets.py` first.
"""
