"""Event files, as TensorBoard reads them, and the public namespace `tf.summary`."""

from tidefall import surface

__getattr__, __dir__ = surface.attach("summary")
