"""TensorFlow 1: a graph is built first and run in a session; the public namespace `tf.compat.v1`.

Graphs enter from `graph/`, the host executor runs them (`sessions/plan.py`). Names that follow
from TensorFlow 2's are made in `old_signatures.py`. Read `sessions/session.py` first.
"""
