"""Savers, MetaGraphs and SavedModels of sessions.

Names and variables of a graph enter; the nodes that write and read them leave. Read `savers.py`
first.
"""
