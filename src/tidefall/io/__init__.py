"""Files: TFRecord, tf.Example, image and audio codecs."""
