"""`tf.config`: devices, their memory, threads, and where nodes and eager ops run.

Names of devices enter; settings that executors read leave. Read `config.py` first.
"""
