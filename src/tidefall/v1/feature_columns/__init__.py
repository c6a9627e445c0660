"""`tf.feature_column`: columns of raw features, and the numbers that models are given.

What enters: a dictionary of features by name, as `tf.io.parse_example` gives it. What leaves:
dense tensors for a layer. Read `base.py` first.
"""
