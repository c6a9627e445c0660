"""`tf.image`: codecs, geometry, colour, augmentation, quality measures and boxes.

Pictures enter as bytes or as `[height, width, channels]`, one or a batch, and leave so. The
`*_ops.py` declare ops, the others are what people call. Read `common.py` and `resizing.py` first.
"""
