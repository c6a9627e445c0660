"""Variables: a name, a shape and a dtype in front of a resource handle.

An initial value enters, reads and assignments leave as ops on the handle. The resource itself is
in `storage.py`. Read `variable.py` first.
"""
