"""`tf.debugging.experimental.enable_dump_debug_info`: files for TensorBoard's debugger.

What every op computed enters, six files leave (`events.py`). Read `dump.py` first.
"""
