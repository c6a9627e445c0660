"""Variables by name: scopes, `get_variable`, partitions, initialisers.

A name and a shape enter, the variable of that name leaves. Read `scope_stack.py` first, then
`variable_store.py`.
"""
