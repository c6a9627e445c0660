"""`tf.experimental.numpy`: NumPy's functions over tensors, and its behaviour for `tf.Tensor`."""
