"""Event files: scalars, distributions, text, pictures, sound and graphs of a training run.

`recording.py` is what people call, `values.py` makes the messages, `writer.py` holds the file.
Read `recording.py` first.
"""
