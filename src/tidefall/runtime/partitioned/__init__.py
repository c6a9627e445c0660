"""Programs that XLA cannot take whole: the host runs them, the parts it can take are compiled.

A graph enters `partition.py` and leaves with calls of new functions for those parts. Read
`partition.py` first.
"""
