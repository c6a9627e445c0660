"""Graphs as messages, both ways: GraphDef, FunctionDef, NodeDef, OpDef.

A `Graph` enters `graph_def.py` and leaves as a message; messages enter `importer.py` and
`function_library.py`. What a file asks for and is not known here is told in one error. Read
`graph_def.py` first.
"""
