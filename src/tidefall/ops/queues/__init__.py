"""Queues, and what else threads wait for: state shared by the runs of programs.

Elements enter with enqueue and leave with dequeue; who must wait does so in `waiting.py`. Read
`queues.py` first.
"""
