"""Keras's own tests, run on Tidefall and compared with the tests that pass on real TensorFlow."""
