"""Several replicas of one program, which run at the same time and meet in collectives.

A function and the inputs of each replica enter; the outputs of each leave. The host runs replicas
as threads (`threads.py`); XLA makes one program over all their devices (`spmd.py`). Read
`executable.py` first.
"""
