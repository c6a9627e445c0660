"""A coordinator whose workers add to a variable, or one of them; each line says a round."""

import time

import tidefall as tf

ROUNDS, CLOSURES = 60, 20

resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
if resolver.task_type != "chief":
    print("serving", flush=True)
    cluster = resolver.cluster_spec()
    tf.distribute.Server(cluster, resolver.task_type, resolver.task_id).join()
strategy = tf.distribute.ParameterServerStrategy(resolver)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
with strategy.scope():
    done = tf.Variable(0, dtype=tf.int64)


@tf.function
def work():
    done.assign_add(1)
    return tf.identity(done)


for number in range(ROUNDS):
    for _ in range(CLOSURES):
        coordinator.schedule(work)
    coordinator.join()
    print("step", number, flush=True)
    time.sleep(0.02)
assert int(done) >= ROUNDS * CLOSURES, f"{int(done)} of {ROUNDS * CLOSURES} are there"
print("result", "all", flush=True)
