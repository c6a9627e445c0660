"""The compiler bridge: a graph becomes one XLA executable, through jax.

A graph and the shapes of its arguments enter; `lowering.py` walks it with traced values, and
`executable.py` holds and calls what XLA made. `jax_bridge.py` is where jax is imported. Read
`executable.py` first, then `lowering.py`.
"""
