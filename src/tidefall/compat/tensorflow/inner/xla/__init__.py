"""`tensorflow.compiler` as jax2tf imports it: ops of XLA, its messages, shardings."""
