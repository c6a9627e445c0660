"""Queues: in order, padded, by priority, shuffled; closed, empty and full ones."""

from tests.oracle.cases._programs import eager, fails
from tests.oracle.spec import f32, strings, tensor


def fifo(tf):
    return tf.queue.FIFOQueue(10, [tf.float32], shapes=[[]])


def one_by_one(tf, x):
    queue = fifo(tf)
    for i in range(3):
        queue.enqueue(x[i])
    return queue.size(), queue.dequeue(), queue.dequeue(), queue.size()


def many(tf, x):
    queue = fifo(tf)
    queue.enqueue_many([x])
    return queue.dequeue_many(2), queue.dequeue_up_to(2), queue.size()


def components(tf, x, words):
    queue = tf.queue.FIFOQueue(
        8, [tf.float32, tf.string], shapes=[[2], []], names=["number", "word"]
    )
    queue.enqueue_many({"number": x, "word": words})
    first = queue.dequeue()
    return first, queue.dequeue_many(2), queue.names, queue.dtypes, queue.shapes


def unnamed_components(tf, x, words):
    queue = tf.queue.FIFOQueue(8, [tf.float32, tf.string])
    queue.enqueue((x, words))
    queue.enqueue((x[:1], words[0]))
    return queue.dequeue(), queue.dequeue(), queue.names, queue.dtypes, queue.shapes


def closed(tf, x):
    queue = fifo(tf)
    queue.enqueue_many([x])
    before = queue.is_closed()
    queue.close()
    return before, queue.is_closed(), queue.dequeue_up_to(10), queue.size()


def padded(tf, x):
    queue = tf.queue.PaddingFIFOQueue(9, [tf.float32], shapes=[[None, 2]])
    for n in (1, 3, 2):
        queue.enqueue(x[:n])
    return queue.dequeue_many(2), queue.dequeue(), queue.size(), queue.shapes


def by_priority(tf, words):
    queue = tf.queue.PriorityQueue(9, [tf.string], [[]])
    queue.enqueue_many([tf.constant([5, -1, 3, 5], tf.int64), words])
    return queue.dequeue(), queue.dequeue_many(3), queue.dtypes, queue.shapes


def shuffled(tf, x):
    queue = tf.queue.RandomShuffleQueue(9, 0, [tf.float32], [[]], seed=3)
    queue.enqueue_many([x])
    return tf.sort(queue.dequeue_many(4)), queue.size()


def shuffled_kept(tf, x):
    queue = tf.queue.RandomShuffleQueue(9, 2, [tf.float32], [[]])
    queue.enqueue_many([x])
    drawn = queue.dequeue_many(2)
    queue.close()
    return tf.sort(tf.concat([drawn, queue.dequeue_many(2)], 0))


def from_list(tf, x):
    queues = [fifo(tf), fifo(tf)]
    queues[1].enqueue(x[1])
    chosen = tf.queue.QueueBase.from_list(1, queues)
    return chosen.dequeue(), chosen.dtypes, chosen.shapes


def on(make, action):
    def run(tf, *args):
        return action(tf, make(tf), *args)

    return run


def closing(tf, queue):
    queue.close()
    queue.dequeue()


def enqueue_closed(tf, queue):
    queue.close()
    queue.enqueue(1.0)


FAILING = {
    "closed-dequeue": (fifo, closing),
    "closed-enqueue": (fifo, enqueue_closed),
    "dtype": (fifo, lambda tf, q: q.enqueue(tf.constant(1))),
    "many-scalar": (fifo, lambda tf, q: q.enqueue_many([1.0])),
    "negative": (fifo, lambda tf, q: q.dequeue_many(-1)),
    "many-without-shapes": (
        lambda tf: tf.queue.FIFOQueue(3, "float32"),
        lambda tf, q: q.dequeue_many(1),
    ),
    "many-lengths": (
        lambda tf: tf.queue.FIFOQueue(3, ["float32"] * 2, shapes=[[], []]),
        lambda tf, q: q.enqueue_many(([1.0], [1.0, 2.0])),
    ),
    "names": (
        lambda tf: tf.queue.FIFOQueue(3, ["float32"], [[]], names=["a"]),
        lambda tf, q: q.enqueue({"b": 1.0}),
    ),
    "names-tuple": (
        lambda tf: tf.queue.FIFOQueue(3, ["float32"], [[]], names=["a"]),
        lambda tf, q: q.enqueue(1.0),
    ),
    "no-names": (fifo, lambda tf, q: q.enqueue({"a": 1.0})),
    "names-count": (
        lambda tf: tf.queue.FIFOQueue(3, ["float32"], [[]], names=["a", "b"]),
        lambda tf, q: q.size(),
    ),
    "shapes-count": (
        lambda tf: tf.queue.FIFOQueue(3, ["float32"], [[], []]),
        lambda tf, q: q.size(),
    ),
    "padding-shapes": (
        lambda tf: tf.queue.PaddingFIFOQueue(3, ["float32"], [None]),
        lambda tf, q: q.size(),
    ),
    "padding-rank": (
        lambda tf: tf.queue.PaddingFIFOQueue(3, ["float32"], [[None]]),
        lambda tf, q: q.enqueue(1.0),
    ),
    "priority-dtype": (
        lambda tf: tf.queue.PriorityQueue(3, ["float32"], [[]]),
        lambda tf, q: q.enqueue((1.0, 1.0)),
    ),
    "list": (fifo, lambda tf, q: tf.queue.QueueBase.from_list(0, [])),
    "list-kinds": (fifo, lambda tf, q: tf.queue.QueueBase.from_list(0, [q, 3])),
}

CASES = [
    eager("one-by-one", one_by_one, f32(3)),
    eager("many", many, f32(5)),
    eager("components", components, f32(3, 2), strings(3)),
    eager("unnamed-components", unnamed_components, f32(3, 2), strings(3)),
    eager("closed", closed, f32(3)),
    eager("padded", padded, f32(3, 2)),
    eager("priority", by_priority, tensor(["a", "b", "c", "d"])),
    eager("shuffled", shuffled, f32(4)),
    eager("shuffled-kept", shuffled_kept, f32(4)),
    eager("from-list", from_list, f32(3)),
    *[fails(label, on(make, action)) for label, (make, action) in FAILING.items()],
]
