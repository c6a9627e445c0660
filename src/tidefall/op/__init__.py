"""The op: its signature from the op table, what is declared of it, and what a call does.

A call's Python values enter; `binding.py` makes tensors and attributes of them, `registry.py` runs
the host kernel or adds a node, `results.py` makes what the caller gets. Ops are called as
`raw.Cumsum`. Read `registry.py` first.
"""
