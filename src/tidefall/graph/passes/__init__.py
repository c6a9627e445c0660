"""The graph optimizer: rewrites of graphs, one in each file.

A copy of a traced graph enters `pipeline.py` and leaves computing the same with less; the traced
graph stays as it is. Read `pipeline.py` first, then `forwarding.py`, the shortest step.
"""
