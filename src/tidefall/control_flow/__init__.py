"""Branches, loops and calls of one graph by another: their graphs, gradients and lowerings.

Python functions enter and are traced to graphs (`subgraphs.py`); an If, Case, While or call node
leaves. What gradients need of the forward run is in `residuals.py` and `loop_residuals.py`. Read
`cond.py` first, then `while_loop.py`.
"""
