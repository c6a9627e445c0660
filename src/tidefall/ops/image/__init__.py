"""`tf.image`: codecs, geometry, colour, augmentation, quality measures and boxes."""
