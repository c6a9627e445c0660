"""Other processes as devices: the tasks of a cluster, what lives there, and what runs there.

`Server` is a task. `tf.config.experimental_connect_to_cluster` makes the tasks of a cluster known
to this process. From then on a resource (a variable, an iterator) may live in another task. The
rule is that an op is executed where its resource is: what it takes is sent, what it gives comes
back.

Read `task.py` first (a task as others see it), then `remote.py` (resources of other tasks),
`remote_ops.py` (functions that use them), `shipping.py` (functions for other tasks), `host.py` (what
a task does for others) and `server.py`.
"""
