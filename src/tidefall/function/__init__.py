"""Python to graph: `tf.function`, its traces, signatures and concrete functions.

A Python function and its arguments enter `polymorphic.py`; `tracer.py` finds a trace or makes one
(`tracing.py`); `concrete.py` is a traced graph ready to be called. Control flow over tensors is
converted in `autograph/`. Read `polymorphic.py` first.
"""
