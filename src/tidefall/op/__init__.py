"""The op: its signature from the op table, what is declared of it, and what a call does.

A call's Python values enter; `binding.py` makes tensors and attributes of them as the signature,
`definition.py`, says; `op.py` runs the host kernel or adds a node; `results.py` makes tensors of
what the kernel returns. Ops are declared and found by name in `registry.py`, and called as
`raw.Cumsum`. Read `op.py` first.
"""
