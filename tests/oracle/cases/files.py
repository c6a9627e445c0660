"""Files and folders: `tf.io.gfile`, reading and writing whole files, matching names."""

from tests.oracle.cases._programs import eager, fails, relative, with_files
from tests.oracle.spec import tensor


def read_and_write(tf, folder, contents):
    path = folder + "/new/deep/file"
    tf.io.write_file(path, contents)
    return tf.io.read_file(path), tf.io.gfile.isdir(folder + "/new/deep")


def matching(tf, folder):
    one = tf.io.matching_files(folder + "/*.txt")
    two = tf.io.matching_files([folder + "/a*", folder + "/b?txt", folder + "/none*"])
    classes = tf.io.matching_files(folder + "/[a-b].[!x]*")
    once = tf.io.match_filenames_once(folder + "/*.txt")
    return [relative(folder, *found.numpy()) for found in (one, two, classes, once.value())]


def lists(tf, folder):
    gfile = tf.io.gfile
    gfile.makedirs(folder + "/sub/deeper")
    walked = [
        (relative(folder, path), sorted(folders), sorted(files))
        for path, folders, files in gfile.walk(folder)
    ]
    upwards = [relative(folder, path) for path, _, _ in gfile.walk(folder, topdown=False)]
    return (
        sorted(gfile.listdir(folder)),
        sorted(relative(folder, *gfile.glob(folder + "/*.txt"))),
        sorted(relative(folder, *gfile.glob([folder + "/a*", folder + "/s*"]))),
        gfile.glob(folder + "/nothing*"),
        walked,
        upwards,
    )


def tests(tf, folder):
    gfile = tf.io.gfile
    return (
        [gfile.exists(folder + name) for name in ("", "/a.txt", "/absent")],
        [gfile.isdir(folder + name) for name in ("", "/a.txt", "/absent")],
        gfile.stat(folder + "/a.txt").length,
        gfile.stat(folder).is_directory,
        gfile.join("a", "b", "c"),
        gfile.join("a/", "/b"),
        gfile.join("gs://x", "y"),
        {"", "file"} <= set(gfile.get_registered_schemes()),
    )


def changes(tf, folder):
    gfile = tf.io.gfile
    gfile.mkdir(folder + "/made")
    gfile.copy(folder + "/a.txt", folder + "/made/copy")
    gfile.copy(folder + "/b.txt", folder + "/made/copy", overwrite=True)
    gfile.rename(folder + "/a.txt", folder + "/made/moved")
    gfile.rename(folder + "/b.txt", folder + "/made/moved", overwrite=True)
    before = sorted(gfile.listdir(folder + "/made"))
    with gfile.GFile(folder + "/made/moved") as file:
        text = file.read()
    gfile.remove(folder + "/made/copy")
    after = gfile.listdir(folder + "/made")
    gfile.rmtree(folder + "/made")
    return before, text, after, gfile.exists(folder + "/made")


def reading(tf, folder):
    with tf.io.gfile.GFile(folder + "/c.txt") as file:
        parts = [file.size(), file.read(3), file.tell(), file.readline(), file.readlines()]
        file.seek(1)
        parts += [file.read(), file.name == folder + "/c.txt", file.mode, file.seekable()]
    with tf.io.gfile.GFile(folder + "/c.txt", "rb") as file:
        parts += [file.read(4), list(file)]
    return parts


def writing(tf, folder):
    path = folder + "/new"
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("höhe\n")
        file.flush()
        size = file.size()
    with tf.io.gfile.GFile(path, "a") as file:
        file.write("more")
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(b"\x00\xff")
    return size, data, tf.io.read_file(path)


def records(tf, folder, options=None):
    path = folder + "/records"
    with tf.io.TFRecordWriter(path, options) as writer:
        for item in (b"", b"tide", b"x" * 300):
            writer.write(item)
        writer.flush()
    kind = "" if options is None else getattr(options, "compression_type", options) or ""
    return list(tf.data.TFRecordDataset(path, kind).as_numpy_iterator())


def record_options(tf):
    plain = tf.io.TFRecordOptions()
    full = tf.io.TFRecordOptions("GZIP", compression_level=3)
    return (
        tf.io.TFRecordOptions.get_compression_type_string(plain),
        tf.io.TFRecordOptions.get_compression_type_string(full),
        full.compression_type,
        full.compression_level,
    )


def graph_file(tf, folder, as_text):
    graph = tf.Graph()
    with graph.as_default():
        tf.constant([1.0, 2.0], name="numbers") + 1.0
    path = tf.io.write_graph(graph, folder, "graph", as_text=as_text)
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    return relative(folder, path), b"numbers" in data, data.startswith(b"node {")


FILES = {"a.txt": "first", "b.txt": "second\n", "c.txt": "höhe\nb\n\nend"}


def made(label, function, *args):
    return eager(label, with_files(function, **FILES), *args)


def bad(label, action, **options):
    return fails(label, with_files(action, **FILES), **options)


CASES = [
    made("read-and-write", read_and_write, tensor("tide\x00falls")),
    made("read-and-write-empty", read_and_write, tensor("")),
    made("matching", matching),
    made("lists", lists),
    made("tests", tests),
    made("changes", changes),
    made("reading", reading),
    made("writing", writing),
    made("records", records),
    made("records-gzip", lambda tf, f: records(tf, f, "GZIP")),
    made(
        "records-zlib", lambda tf, f: records(tf, f, tf.io.TFRecordOptions("ZLIB", window_bits=15))
    ),
    eager("record-options", record_options),
    made("graph-text", lambda tf, f: graph_file(tf, f, True)),
    made("graph-binary", lambda tf, f: graph_file(tf, f, False)),
    bad("read-absent", lambda tf, f: tf.io.read_file(f + "/absent")),
    bad("read-folder", lambda tf, f: tf.io.read_file(f)),
    bad("read-many", lambda tf, f: tf.io.read_file([f + "/a.txt", f + "/b.txt"])),
    bad("read-number", lambda tf, f: tf.io.read_file(3)),
    bad("write-folder", lambda tf, f: tf.io.write_file(f, "x")),
    bad("write-number", lambda tf, f: tf.io.write_file(f + "/a.txt", 3.0)),
    bad("write-many", lambda tf, f: tf.io.write_file(f + "/a.txt", ["a", "b"])),
    bad("list-absent", lambda tf, f: tf.io.gfile.listdir(f + "/absent")),
    bad("stat-absent", lambda tf, f: tf.io.gfile.stat(f + "/absent")),
    bad("mkdir-deep", lambda tf, f: tf.io.gfile.mkdir(f + "/x/y")),
    bad("copy-over", lambda tf, f: tf.io.gfile.copy(f + "/a.txt", f + "/b.txt")),
    bad("copy-absent", lambda tf, f: tf.io.gfile.copy(f + "/absent", f + "/new")),
    bad("rename-over", lambda tf, f: tf.io.gfile.rename(f + "/a.txt", f + "/b.txt")),
    bad("rename-absent", lambda tf, f: tf.io.gfile.rename(f + "/absent", f + "/new")),
    bad("remove-absent", lambda tf, f: tf.io.gfile.remove(f + "/absent")),
    bad("rmtree-absent", lambda tf, f: tf.io.gfile.rmtree(f + "/absent")),
    bad("open-absent", lambda tf, f: tf.io.gfile.GFile(f + "/absent").read()),
    bad("open-mode", lambda tf, f: tf.io.gfile.GFile(f + "/a.txt", "q").read()),
    bad("read-written", lambda tf, f: tf.io.gfile.GFile(f + "/a.txt", "w").read()),
    bad("write-read", lambda tf, f: tf.io.gfile.GFile(f + "/a.txt").write("x")),
    bad("seek-beyond", lambda tf, f: tf.io.gfile.GFile(f + "/a.txt").seek(99)),
    bad("seek-whence", lambda tf, f: tf.io.gfile.GFile(f + "/a.txt").seek(0, 5)),
    bad(
        "scheme",
        lambda tf, f: tf.io.gfile.exists("nothing://there") or tf.io.read_file("nothing://x"),
    ),
    bad("record-kind", lambda tf, f: records(tf, f, "ZIP")),
    bad("record-folder", lambda tf, f: tf.io.TFRecordWriter(f + "/x/y/z").write(b"a")),
]
