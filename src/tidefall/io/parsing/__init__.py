"""Serialized examples, CSV, JSON and protocol buffers to tensors.

Byte strings and a description of features enter; `feature_plan.py` turns that into what a parsing
op is asked for, and its results back. Read `functions.py` first.
"""
