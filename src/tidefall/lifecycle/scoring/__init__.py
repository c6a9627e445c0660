"""Batch scoring: a model's predictions for all rows of a table, each once, whatever is killed.

A SavedModel and files or a query enter; Parquet files, TFRecords or rows of a database leave, part
by part, each part of the input becoming one of the output. What breaks the schema in the model goes
to a quarantine. Read `job.py` first; `model.py` asks the model, `inputs.py` finds the parts,
`folders.py` and `databases.py` keep what was made.
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {".job": ("Scores", "score")})
