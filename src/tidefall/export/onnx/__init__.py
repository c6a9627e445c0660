"""ONNX: models written as ONNX files, and ONNX files read as models.

`exporter/` turns a SavedModel, a Keras model or a function into a ModelProto, `importer/` turns one
into a function. Read `exporter/convert.py` first, then `importer/model.py`.
"""
