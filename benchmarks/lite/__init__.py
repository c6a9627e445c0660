"""TensorFlow Lite models here and in other runtimes: latency, load time, memory, conversion.

`models.py` has the models, `engines.py` runs one in one runtime, in a process of its own,
`__main__.py` converts them and puts the figures side by side, and `report.py` keeps them.
"""
