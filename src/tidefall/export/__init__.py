"""Models for other runtimes: ONNX, TensorFlow.js, StableHLO, and whether all of them agree.

A SavedModel, a Keras model or a function enters `sources.py`, a file of another format leaves, or
the other way round. `onnx/` is ONNX, `tfjs/` TensorFlow.js, `stablehlo.py` XLA's portable form;
`agreement/` runs one model everywhere.
"""
