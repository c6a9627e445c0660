"""Kernels of recurrent layers: simple ones, LSTM in floats and in integers, SVDF."""
