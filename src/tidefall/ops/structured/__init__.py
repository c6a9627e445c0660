"""`tf.experimental.StructuredTensor`: tensors of records."""
