"""`tf.compat.v1`: TensorFlow 1's way of building a graph first and running it in a session."""

from tidefall.surface import attach

__getattr__, __dir__ = attach("compat.v1")
