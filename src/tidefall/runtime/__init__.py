"""How programs run: on the host, through XLA, or divided between the two.

A graph enters; something that is called with values leaves. `host/` runs node by node, `xla/`
compiles, `partitioned/` does both, `policy/` chooses, `devices/` is what `tf.config` and
`tf.device` speak of. Read `graph_function.py` first, then `host/plan.py`.
"""
