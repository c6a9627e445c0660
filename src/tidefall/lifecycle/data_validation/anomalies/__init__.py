"""What is wrong with data: by a schema (`validate.py`), and beyond it (`hints.py`).

Statistics and a schema enter; genuine `Anomalies` leave, and `explain.py` says of each what was
found, what was allowed, what chance alone would give, and what to do.
"""
