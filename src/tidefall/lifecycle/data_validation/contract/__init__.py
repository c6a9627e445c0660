"""The schema at every door: rows are let in, left out, or put aside with the reason.

`rows.py` holds batches of rows against a schema. `datasets.py` does so in tf.data pipelines,
`files.py` for files, `records.py` for serialized Examples; `saved_models.py` puts the schema into a
SavedModel, where the model server finds it.
"""
