"""Whether a model gives the same numbers in every runtime.

A model and arrays enter, one row for each runtime leaves. `runtimes.py` is the table of runtimes,
`comparison.py` runs them; `cli.py` is `tidefall agree`. Read `runtimes.py` first.
"""
