"""Quantization of converted models: float16, dynamic range, integers of 8 and 16 bits.

`modes.py` says what a converter's options ask for and calls the rest: `weights.py` makes weights
smaller, `calibration.py` finds the ranges of activations on samples (`samples.py`), `integer.py`
turns operators into integer ones as `rules.py` says of each (`writing.py`), `accuracy.py` takes
back what costs too much, `debugger.py` compares layer by layer. Read `modes.py` first, then
`rules.py`.
"""
