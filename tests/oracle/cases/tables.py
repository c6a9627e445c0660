"""Lookup tables: static, of vocabularies, mutable, from files; in ragged and sparse tensors."""

from tests.oracle.cases._programs import eager, fails, on_host, with_files
from tests.oracle.spec import ints, ragged, sparse, tensor

WORDS = tensor([["tide", "fall"], ["x", "tide"]])
ROWS = ragged(tensor(["tide", "x", "fall"]), [0, 2, 2, 3])
SPARSE = sparse([[0, 1], [2, 0]], tensor(["fall", "y"]), [3, 2])
LINES = "tide\nfall\n b \nhöhe\n"
TABBED = "tide\t3\t1.5\nfall\t-4\t2.5\n"
KEYS = {
    "string-int64": (["tide", "fall"], [7, 8], "string", "int64", -1),
    "string-int32": (["tide", "fall"], [7, 8], "string", "int32", -1),
    "string-float32": (["tide", "fall"], [0.5, 2.0], "string", "float32", -1.0),
    "string-float64": (["tide", "fall"], [0.5, 2.0], "string", "float64", -1.0),
    "string-bool": (["tide", "fall"], [True, True], "string", "bool", False),
    "string-string": (["tide", "fall"], ["a", ""], "string", "string", "none"),
}
NUMBERS = {
    "int64-int64": ([1, -5], [10, 20], "int64", "int64", 0),
    "int32-int32": ([1, -5], [10, 20], "int32", "int32", 0),
    "int64-float32": ([1, -5], [0.25, 20], "int64", "float32", 0.0),
    "int64-string": ([1, -5], ["one", "less"], "int64", "string", "?"),
    "int32-string": ([1, -5], ["one", "less"], "int32", "string", "?"),
}


def static(tf, keys, values, key_dtype, value_dtype, default):
    initializer = tf.lookup.KeyValueTensorInitializer(keys, values, key_dtype, value_dtype)
    return tf.lookup.StaticHashTable(initializer, default)


def look_up(spec):
    def run(tf, *queries):
        table = static(tf, *spec)
        return [table.lookup(q) for q in queries], table[queries[0]], table.size()

    return run


def facts(tf):
    table = static(tf, *KEYS["string-int64"])
    return table.key_dtype, table.value_dtype, table.default_value


def exported(tf, words):
    keys, values = static(tf, *KEYS["string-int64"]).export()
    order = tf.argsort(values)
    return tf.gather(keys, order), tf.gather(values, order)


def vocabulary(tf, words, **options):
    initializer = tf.lookup.KeyValueTensorInitializer(
        ["tide", "fall"], tf.constant([0, 1], tf.int64)
    )
    table = tf.lookup.StaticVocabularyTable(initializer, 3, **options)
    return table.lookup(words), table[words], table.size(), table.key_dtype, table.value_dtype


def numbered_vocabulary(tf, numbers):
    initializer = tf.lookup.KeyValueTensorInitializer(
        tf.constant([5, 6], tf.int64), tf.constant([0, 1], tf.int64)
    )
    table = tf.lookup.StaticVocabularyTable(initializer, 4, lookup_key_dtype=numbers.dtype)
    return table.lookup(numbers)


def only_buckets(tf, words):
    return tf.lookup.StaticVocabularyTable(None, 5).lookup(words)


def from_lines(tf, folder, words):
    index = tf.lookup.TextFileIndex
    path = folder + "/lines"
    to_number = tf.lookup.TextFileInitializer(
        path, tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
    )
    to_line = tf.lookup.TextFileInitializer(
        path, tf.int64, index.LINE_NUMBER, tf.string, index.WHOLE_LINE
    )
    first, second = (
        tf.lookup.StaticHashTable(to_number, -1),
        tf.lookup.StaticHashTable(to_line, "none"),
    )
    numbers = tf.constant([0, 2, 9], tf.int64)
    return first.lookup(words), first.size(), second.lookup(numbers), to_number.key_dtype


def from_columns(tf, folder, words):
    path = folder + "/table"
    made = [
        tf.lookup.TextFileInitializer(path, tf.string, 0, tf.int64, 1),
        tf.lookup.TextFileInitializer(path, tf.string, 0, tf.float32, 2),
        tf.lookup.TextFileInitializer(path, tf.string, 0, tf.float32, 2, vocab_size=2),
        tf.lookup.TextFileInitializer(path, tf.string, 0, tf.int64, 1, value_index_offset=10),
    ]
    return [tf.lookup.StaticHashTable(m, -1).lookup(words) for m in made]


def spaced(tf, folder, words):
    initializer = tf.lookup.TextFileInitializer(
        folder + "/table", tf.string, 1, tf.string, 0, delimiter=" "
    )
    return tf.lookup.StaticHashTable(initializer, "?").lookup(words)


def index_values(tf):
    index = tf.lookup.TextFileIndex
    return index.WHOLE_LINE, index.LINE_NUMBER


def initialised_from(key_index, value_index, key_dtype="string", value_dtype="int64", **options):
    def run(tf, folder):
        initializer = tf.lookup.TextFileInitializer(
            folder + "/table",
            tf.dtypes.as_dtype(key_dtype),
            key_index,
            tf.dtypes.as_dtype(value_dtype),
            value_index,
            **options,
        )
        return tf.lookup.StaticHashTable(initializer, -1).size()

    return run


def mutable(tf, words):
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    table.insert(words, [[1, 2], [3, 4]])
    before = table.lookup(words), table.size()
    table.remove(tf.constant(["x", "absent"]))
    table.insert(["fall"], [9])
    given = table.lookup(
        tf.constant(["x", "q"]), dynamic_default_values=tf.constant([5, 6], "int64")
    )
    keys, values = table.export()
    order = tf.argsort(values)
    return (
        before,
        given,
        table[words],
        table.size(),
        tf.gather(keys, order),
        tf.gather(values, order),
    )


def mutable_of_rows(tf, numbers):
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, -1.0])
    table.insert(numbers, tf.reshape(tf.range(6.0), [3, 2]))
    return table.lookup(numbers + 1), table.lookup(numbers), table.key_dtype, table.value_dtype


def dense(tf, numbers):
    table = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, -100, -200)
    table.insert(numbers, numbers * 2)
    table.insert_or_assign(numbers[:1], tf.constant([77], tf.int64))
    before = table.lookup(numbers), table.size()
    table.erase(numbers[1:2])
    keys, values = table.export()
    kept = tf.boolean_mask(keys, (keys != -100) & (keys != -200))
    return before, table[numbers], table.size(), tf.sort(kept), tf.shape(keys), tf.shape(values)


def dense_of_rows(tf, words):
    table = tf.lookup.experimental.DenseHashTable(
        tf.string, tf.float32, [0.0, 0.5], "<empty>", "<gone>", initial_num_buckets=4
    )
    table.insert(words, tf.reshape(tf.range(8.0), [4, 2]))
    return table.lookup(words), table.lookup(tf.constant("absent")), table.size()


CASES = [
    eager("static-facts", facts),
    *[
        on_host(f"static-{label}", look_up(spec), WORDS, tensor([], "string"))
        for label, spec in KEYS.items()
    ],
    *[
        on_host(f"static-{label}", look_up(spec), tensor([1, 2, -5], spec[2]), tensor(1, spec[2]))
        for label, spec in NUMBERS.items()
    ],
    eager("static-ragged", look_up(KEYS["string-int64"]), ROWS),
    eager("static-sparse", look_up(KEYS["string-int64"]), SPARSE),
    eager("static-export", exported, WORDS),
    eager(
        "static-repeated-keys-alike",
        lambda tf, w: static(tf, ["a", "a"], [1, 1], "string", "int64", 0).lookup(w),
        tensor(["a", "b"]),
    ),
    fails("static-repeated-keys", lambda tf: static(tf, ["a", "a"], [1, 2], "string", "int64", 0)),
    fails("static-lengths", lambda tf: static(tf, ["a", "b"], [1], "string", "int64", 0)),
    fails("static-dtypes", lambda tf: static(tf, [1.5], [1], "float32", "int64", 0)),
    fails("static-default-shape", lambda tf: static(tf, ["a"], [1], "string", "int64", [0])),
    fails("static-default-dtype", lambda tf: static(tf, ["a"], [1], "string", "int64", "none")),
    fails("static-key-dtype", lambda tf, n: static(tf, *KEYS["string-int64"]).lookup(n), ints(2)),
    fails(
        "static-rows-of-keys", lambda tf: static(tf, [["a"], ["b"]], [1, 2], "string", "int64", 0)
    ),
    on_host("vocabulary", vocabulary, WORDS),
    eager("vocabulary-ragged", vocabulary, ROWS),
    eager("vocabulary-sparse", vocabulary, SPARSE),
    eager("vocabulary-empty", vocabulary, tensor([], "string")),
    on_host("vocabulary-int64", numbered_vocabulary, tensor([5, 6, 7, -100], "int64")),
    on_host("vocabulary-int32", numbered_vocabulary, tensor([5, 6, 7, -100], "int32")),
    eager("vocabulary-only-buckets", only_buckets, WORDS),
    fails(
        "vocabulary-no-buckets",
        lambda tf: tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer(["a"], tf.constant([0], tf.int64)), 0
        ),
    ),
    fails(
        "vocabulary-value-dtype",
        lambda tf: tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer(["a"], [0]), 2
        ),
    ),
    fails("vocabulary-key-dtype", lambda tf, n: vocabulary(tf, n), ints(2)),
    fails("vocabulary-float-keys", lambda tf, n: numbered_vocabulary(tf, n), tensor([1.0])),
    eager("file-lines", with_files(from_lines, lines=LINES), WORDS),
    eager("file-columns", with_files(from_columns, table=TABBED), WORDS),
    eager("file-delimiter", with_files(spaced, table="1 tide\n2 fall\n"), WORDS),
    eager("file-index", index_values),
    eager("file-part", with_files(initialised_from(0, 1, vocab_size=1), table=TABBED)),
    fails("file-empty-line", with_files(initialised_from(-2, -1), table="a\n\nb\n")),
    fails("file-absent", with_files(initialised_from(0, 1), other=TABBED)),
    fails("file-column", with_files(initialised_from(0, 7), table=TABBED)),
    fails("file-not-a-number", with_files(initialised_from(1, 0), table=TABBED)),
    fails("file-size", with_files(initialised_from(0, 1, vocab_size=5), table=TABBED)),
    fails("file-repeated", with_files(initialised_from(-2, -1), table="a\nb\na\n")),
    fails("file-index-range", with_files(initialised_from(-3, 0), table=TABBED)),
    fails(
        "file-line-number-dtype",
        with_files(initialised_from(-1, -2, "string", "string"), table=TABBED),
    ),
    fails(
        "file-whole-line-dtype",
        with_files(initialised_from(-2, -1, "int64", "int64"), table=TABBED),
    ),
    fails("file-vocab-size", with_files(initialised_from(0, 1, vocab_size=0), table=TABBED)),
    fails("file-name", lambda tf: tf.lookup.TextFileInitializer("", tf.string, -2, tf.int64, -1)),
    eager("mutable", mutable, WORDS),
    eager("mutable-rows", mutable_of_rows, tensor([3, 5, 8], "int64")),
    fails(
        "mutable-insert-dtype",
        lambda tf, n: tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0).insert(n, n),
        ints(2),
    ),
    fails(
        "mutable-insert-shape",
        lambda tf, w: tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0).insert(
            w, [1, 2, 3]
        ),
        tensor(["a", "b"]),
    ),
    fails(
        "mutable-remove-dtype",
        lambda tf, n: tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0).remove(n),
        ints(2),
    ),
    fails(
        "mutable-lookup-dtype",
        lambda tf, n: tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0).lookup(n),
        ints(2),
    ),
    eager("dense", dense, tensor([1, 2, 30, 44], "int64")),
    eager("dense-rows", dense_of_rows, tensor(["tide", "fall", "x", "y"])),
    fails(
        "dense-empty-key",
        lambda tf: tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, -1, -2).insert(
            tf.constant([-1], tf.int64), tf.constant([3], tf.int64)
        ),
    ),
    fails(
        "dense-deleted-key",
        lambda tf: tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, -1, -2).lookup(
            tf.constant([-2], tf.int64)
        ),
    ),
    fails(
        "dense-same-keys",
        lambda tf: tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, -1, -1),
    ),
    fails(
        "dense-buckets",
        lambda tf: tf.lookup.experimental.DenseHashTable(
            tf.int64, tf.int64, 0, -1, -2, initial_num_buckets=3
        ),
    ),
    fails(
        "dense-insert-shape",
        lambda tf: tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, -1, -2).insert(
            tf.constant([1, 2], tf.int64), tf.constant([3], tf.int64)
        ),
    ),
]
