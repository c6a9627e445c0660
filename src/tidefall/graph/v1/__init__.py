"""What only graphs of TensorFlow 1 have: a default graph, variables of graphs, Switch and Merge.

It stands here because files hold such graphs; sessions, scopes and old functions are in
`tidefall.v1`. Read `default_graph.py` first, then `variables.py`.
"""
