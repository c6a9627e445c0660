"""The rules of a schema. Each compares the statistics of a feature with what is demanded of it.

A rule takes a view of the statistics and the schema's feature, says what is wrong, and changes the
feature so that it would be right. Inferring a schema, updating one and finding anomalies are the
same walk over the features (`update.py`): they differ in what is kept of it. Read `reasons.py` and
`views.py` first.
"""
