"""Files: TFRecord, tf.Example, image and audio codecs; the public namespace `tf.io`.

Paths and bytes enter, tensors leave, and the reverse. `file_systems/` opens, `records/` cuts files
into records, `bundles/` holds tensors of checkpoints, `parsing/` and `codecs/` give bytes a
meaning. Read `file_systems/file_system.py` first.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("io")
