"""The host executor: a graph flattened once into a straight plan of NumPy kernels.

A graph enters, a plan leaves; calling it with values runs the kernels in order. Graphs with the
control flow of TensorFlow 1 run in `v1_control_flow.py`. Read `plan.py` first.
"""
