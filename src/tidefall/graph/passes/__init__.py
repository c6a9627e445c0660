"""The graph optimizer: rewrites of graphs, one in each file; `pipeline.py` has their order."""
