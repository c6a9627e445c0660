"""The tf.data service: a dispatcher hands out work, workers run pipelines, clients take elements.

`distribute.py` is what users call. A pipeline travels as a GraphDef to the dispatcher
(`dispatcher.py`), which keeps jobs, tasks and splits (`jobs.py`, `splits.py`) and writes down what
must survive it (`journal.py`). Workers (`worker.py`) run tasks (`tasks.py`); the stage that takes
their elements is `client.py`. Everybody speaks through `rpc.py`, over gRPC.
"""
