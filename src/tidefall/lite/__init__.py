"""`tf.lite`: models on the edge, in TensorFlow Lite's format.

`.tflite` files enter and leave. `schema/` is the format, `interpreter/` runs files. Read
`schema/model.py` first, then `interpreter/interpreter.py`.
"""

from tidefall import surface as _surface

__getattr__, __dir__ = _surface.attach("lite")
