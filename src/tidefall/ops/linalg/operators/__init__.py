"""Linear operators: matrices known by their structure, which need not be stored whole.

The few numbers that make up the matrix enter; products, solutions and determinants leave. Read
`base.py` first.
"""
