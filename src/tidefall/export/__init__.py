"""Models for other runtimes: ONNX, StableHLO, and whether all of them agree.

A SavedModel, a Keras model or a function enters, a file of another format leaves, or the other way
round. `onnx/` is ONNX, `stablehlo.py` XLA's portable form, `agreement/` runs one model everywhere.
"""
