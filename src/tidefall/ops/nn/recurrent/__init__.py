"""Recurrent cells as single ops, as old graphs and Keras models on CPUs have them.

Inputs, states and weights enter; the next states leave. Read `gru.py` first.
"""
