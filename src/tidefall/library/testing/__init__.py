"""`tf.test`: a TestCase that compares tensors, benchmarks, checks of gradients and graphs.

Values enter, assertions leave. Read `test_case.py` first.
"""
