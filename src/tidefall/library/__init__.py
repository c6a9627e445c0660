"""Public functions composed of others, which need loops or functions of their own.

They are made of public functions and declare no ops. Read `matrix_loops.py` first, the shortest.
"""
