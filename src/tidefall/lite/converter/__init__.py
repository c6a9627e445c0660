"""`tf.lite.TFLiteConverter`: Keras models, SavedModels and functions become `.tflite` files.

`sources.py` finds the concrete functions, `lowering/` says their ops in builtin operators
(`ir.py`), `rewrites/` turns groups of these into the one that does the same,
`tidefall.lite.quantize` makes them smaller, `assembly.py` writes the schema's tables, and
`verification.py` runs the file beside its source. Read `converter.py` first.
"""
