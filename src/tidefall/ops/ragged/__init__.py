"""What public functions do with ragged tensors, and the ops behind them.

`dispatch.py` says which function of here stands for which public one. Read `functions.py` first.
"""
