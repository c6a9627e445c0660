"""Checks that a program switches on, and that look at every op that runs.

`checks.py` has the hooks; the other files each put one check behind them. Read `checks.py` first.
"""
