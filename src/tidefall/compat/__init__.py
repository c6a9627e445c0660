"""The `tensorflow` name, and TensorFlow 1's names (`tf.compat`)."""

from tidefall import surface

__getattr__, __dir__ = surface.attach("compat")
