"""Functions scheduled to the workers of a cluster, which come and go while training goes on.

`ClusterCoordinator.schedule` traces a function once and puts a closure of it into a queue; a thread
for each worker takes closures from there and has the worker's task run them. What comes back goes
into a `RemoteValue`. When a worker is lost its closure goes back into the queue, and when it is
there again its datasets are made anew. Read `worker.py` first.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("distribute.coordinator")
