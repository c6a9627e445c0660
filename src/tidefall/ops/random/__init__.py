"""Random numbers, TensorFlow's bit for bit: Philox and ThreeFry, stateless and stateful ops.

Seeds, or keys and counters, enter; draws leave. Read `philox.py` first, then `stateless.py`.
"""
