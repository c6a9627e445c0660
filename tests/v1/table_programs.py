"""Programs with lookup tables that a session fills."""

from __future__ import annotations

from typing import Any

from tests.v1.program_table import program


def _contents(tf: Any) -> Any:
    keys, values = tf.constant(["a", "b"]), tf.constant([0, 1], tf.int64)
    return tf.compat.v1.lookup.KeyValueTensorInitializer(keys, values)


@program
def static_tables(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: dict[str, Any] = {}
    with tf.Graph().as_default() as graph:
        table = v1.lookup.StaticHashTable(_contents(tf), -1)
        x = v1.placeholder(tf.string, [None])
        y = table.lookup(x)
        found["class"] = type(table).__name__
        found["shapes"] = [y.shape.as_list(), table.size().shape.as_list()]
        found["fills"] = [table.initializer.type, table.name]
        found["collected"] = [
            node is table.initializer
            for node in graph.get_collection(v1.GraphKeys.TABLE_INITIALIZERS)
        ]
        with v1.Session() as session:
            try:
                session.run(y, {x: ["a"]})
            except tf.errors.FailedPreconditionError:
                found["too early"] = True
            session.run(table.initializer)
            found["values"] = session.run([y, table.size()], {x: ["a", "q", "b"]})
        with v1.Session() as session:
            session.run(v1.tables_initializer())
            found["again"] = session.run(y, {x: ["b"]})
    return found


@program
def vocabularies(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: dict[str, Any] = {}
    for buckets in (1, 3):
        with tf.Graph().as_default():
            table = v1.lookup.StaticVocabularyTable(_contents(tf), buckets)
            hashed = v1.lookup.StaticVocabularyTable(None, buckets)
            terms = tf.constant([["a", "b"], ["c", "d"]])
            with v1.Session() as session:
                session.run([table.initializer, hashed.initializer])
                found[f"{buckets}"] = session.run([table.lookup(terms), table.size()])
                found[f"{buckets} hashed"] = session.run([hashed.lookup(terms), hashed.size()])
            found[f"{buckets} class"] = [type(table).__name__, type(table.initializer).__name__]
    return found


@program
def mutable_tables(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        keys, values = tf.constant(["a", "b"]), tf.constant([4, 5], tf.int64)
        table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        insert, remove = table.insert(keys, values), table.remove(tf.constant(["a"]))
        find, size = table.lookup(tf.constant(["b", "z", "a"])), table.size()
        with v1.Session() as session:
            session.run(insert)
            before = session.run([find, size])
            session.run(remove)
            return [before, session.run([find, size]), session.run(table.export())]
