"""Tidefall timed beside TensorFlow, JAX and PyTorch: `make bench`."""
