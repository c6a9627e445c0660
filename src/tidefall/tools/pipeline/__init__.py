"""The command `tidefall pipeline`: a file that defines a pipeline enters, a run or a text leaves.

It stands above `compat`, as the file may import TFX by its name. Read `cli.py`.
"""
