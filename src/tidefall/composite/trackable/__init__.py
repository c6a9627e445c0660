"""Objects that own named children: the edges of the object graph that checkpoints keep.

Lists, dicts and tuples that are set as attributes enter and become trackable copies. Read
`trackable.py` first, then `auto_trackable.py`.
"""
