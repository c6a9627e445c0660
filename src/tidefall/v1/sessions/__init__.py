"""Sessions: a graph being run, with the variables that live while it is.

Fetches and feeds enter (`fetches.py`); a plan of the nodes they need is run (`plan.py`), and
arrays leave. Read `session.py` first.
"""
