"""SavedModel: programs with their variables and files, as TensorFlow stores them.

An object enters `save.py`; `load.py` returns one that is called the same way. Read `save.py`
first, then `exported_objects.py`.
"""
