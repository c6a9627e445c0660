"""`tf.compat.v1.metrics`: values that grow with every batch, kept in local variables."""
