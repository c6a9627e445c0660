"""`tf.profiler.experimental`: measuring programs with XLA's profiler, through jax."""
