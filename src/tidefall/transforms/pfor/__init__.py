"""Many runs of one function as one: each op of its graph is replaced by one that works on all runs.

`convert.py` walks the graph; what takes the place of an op is its batching rule, declared with the
op (`tidefall.ops.batching`). An op without one is run once for each row. `flow.py` has the rules of
calls, branches and loops.
"""
