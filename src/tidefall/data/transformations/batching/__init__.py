"""Stages that put elements together, or take batches apart.

Read `batch.py` first.
"""
