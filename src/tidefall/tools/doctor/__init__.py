"""`python -m tidefall.doctor`: what this installation is made of, and what is wrong with it.

`checks` finds it out, one function for each subject; `python -m tidefall.doctor --json` prints the
same for programs. For saved models there is `python -m tidefall.saved_model_cli doctor`.
"""
