"""Checkpoints and SavedModel: the values of objects, and whole programs, in files.

Read `checkpoint/checkpoint.py` first, then `saved_model/save.py`.
"""
