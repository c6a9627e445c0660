"""Programs as data: graphs of TensorFlow ops, their analyses, and rewrites of them.

Ops add nodes while a function is traced; files enter and leave through `codec/`; `passes/`
optimizes copies; `runtime` runs them. Read `graph.py` first, then `func_graph.py`.
"""
