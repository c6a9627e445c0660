"""Ops that hold parts of programs as XLA's other front ends write them.

StableHLO enters from files; `trial.py` reads it in another process first. Read `call_module.py`
first.
"""
