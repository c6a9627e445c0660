"""Requests run together in batches.

`executor.py` is what a model's version gets instead of `Immediately`; `scheduler.py` has the
threads that run the batches of all models, `queues.py` the requests that wait, `assembly.py` makes
one batch of many requests and many answers of one, `fixed.py` and `automatic.py` decide how large
batches get and how long requests wait for others.
"""
