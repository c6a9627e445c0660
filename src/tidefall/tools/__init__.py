"""Programs for people: what is installed, how much of the API there is, saved models, a demo.

Each runs as `tidefall COMMAND` or `python -m tidefall.COMMAND`. Read `doctor/checks.py` first.
"""
