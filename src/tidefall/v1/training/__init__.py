"""Optimizers that add nodes to a graph, learning rates, moving averages, the step.

A loss enters, the node that trains leaves. Read `optimizer_base.py` first.
"""
