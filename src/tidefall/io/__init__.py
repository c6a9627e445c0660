"""Files: TFRecord, tf.Example, image and audio codecs; the public namespace `tf.io`."""

from tidefall import surface

__getattr__, __dir__ = surface.attach("io")
