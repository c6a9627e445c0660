# Written by `python -m tidefall.api.stubs`; do not edit.
