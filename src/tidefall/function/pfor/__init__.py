"""Many runs of one function as one: each op of its graph is replaced by one that works on all runs.

`convert.py` walks the graph. A value that differs from run to run is *stacked*: it has one more
dimension in front, of the number of runs. The other modules hold a converter for each family of
ops; an op without one is run once for each row.
"""
