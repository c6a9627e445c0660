"""Parts of tensors taken out and put in: `x[1:]`, slices, gathers and scatters.

What stands between the brackets enters in `getitem.py`; `slice_spec.py` says what a strided slice
means. Read `getitem.py` first, then `gathering.py`.
"""
