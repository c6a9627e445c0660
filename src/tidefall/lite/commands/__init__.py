"""The commands of `tidefall lite`, one module each; `cli.py` has the table of them."""
