"""What makes elements: nodes, iterators, the functions of users, threads, options in force.

A node enters, an iterator over raw elements leaves. Read `node.py` and `iterators.py` first, then
`functions.py`.
"""
