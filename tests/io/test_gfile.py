"""tf.io.gfile: what TensorFlow's does with the same files, recorded."""

import os
from pathlib import Path

import pytest

import tidefall as tf

gfile = tf.io.gfile


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("hello\nworld\nlast")
    Path("a/b/c").mkdir(parents=True)


def test_what_is_there():
    assert gfile.exists("f")
    assert gfile.exists(b"a")
    assert gfile.exists(Path("a"))
    assert gfile.exists(f"file://{os.getcwd()}/f")
    assert not gfile.exists("nope")
    assert [gfile.isdir(p) for p in ("a", "a/", "f", "nope")] == [True, True, False, False]
    assert sorted(gfile.listdir(".")) == ["a", "f"]
    assert gfile.listdir("a/b/c") == []


def test_folders_are_made():
    gfile.mkdir("m")
    gfile.mkdir("m")
    gfile.makedirs("x/y/z")
    gfile.makedirs("x/y")
    assert gfile.isdir("m")
    assert gfile.isdir("x/y/z")


GLOBS = [
    ("*", ["./.hidden", "./a", "./f"]),
    ("./*", ["./.hidden", "./a", "./f"]),
    ("**", ["./.hidden", "./a", "./f"]),
    ("?", ["./a", "./f"]),
    ("[af]", ["./a", "./f"]),
    ("[!a]", ["./f"]),
    ("[a-e]*", ["./a"]),
    ("{a,f}", []),
    ("f", ["f"]),
    ("a/*", ["a/b"]),
    ("a/**/c", ["a/b/c"]),
    ("*/b", ["./a/b"]),
    ("f/*", []),
    ("nope/*", []),
    (["f", "a"], ["f", "a"]),
]


@pytest.mark.parametrize("pattern, expected", GLOBS, ids=str)
def test_glob(pattern, expected):
    Path(".hidden").touch()
    assert gfile.glob(pattern) == expected


def test_glob_of_absolute_paths_and_urls():
    here = os.getcwd()
    assert gfile.glob(f"{here}/?") == [f"{here}/a", f"{here}/f"]
    assert gfile.glob(f"file://{here}/?") == [f"file://{here}/a", f"file://{here}/f"]


def test_glob_takes_escaped_characters_as_they_are():
    Path("a*").touch()
    assert gfile.glob("a\\*") == ["./a*"]


def test_walk():
    down = [(".", ["a"], ["f"]), ("./a", ["b"], []), ("./a/b", ["c"], []), ("./a/b/c", [], [])]
    assert list(gfile.walk(".")) == down
    assert list(gfile.walk(".", topdown=False)) == down[::-1]
    missing = []
    assert list(gfile.walk("nope", onerror=missing.append)) == []
    assert isinstance(missing[0], tf.errors.NotFoundError)


def test_copy_rename_remove():
    gfile.copy("f", "g")
    gfile.copy("f", "g", overwrite=True)
    gfile.rename("g", "h")
    gfile.rename("h", "f", overwrite=True)
    assert Path("f").read_text() == "hello\nworld\nlast"
    gfile.remove("f")
    gfile.rmtree("a")
    assert os.listdir(".") == []


def test_copies_keep_no_temporary_file_and_the_old_permissions():
    Path("g").write_text("old")
    os.chmod("g", 0o600)
    gfile.copy("f", "g", overwrite=True)
    assert sorted(os.listdir(".")) == ["a", "f", "g"]
    assert os.stat("g").st_mode & 0o777 == 0o600


def test_stat():
    found = gfile.stat("f")
    assert (found.length, found.is_directory) == (16, False)
    assert found.mtime_nsec == os.stat("f").st_mtime_ns
    assert gfile.stat("a").is_directory


JOINS = [
    (("a", "b", "c"), "a/b/c"),
    (("a", "/b"), "/b"),
    (("gs://x", "b"), "gs://x/b"),
    ((b"a", b"b"), b"a/b"),
    ((Path("a"), "b"), "a/b"),
    (("a/", "b"), "a/b"),
    (("", "b"), "b"),
    (("a", ""), "a/"),
]


@pytest.mark.parametrize("parts, expected", JOINS, ids=str)
def test_join(parts, expected):
    assert gfile.join(*parts) == expected


ERRORS = [
    (lambda: gfile.exists(3), TypeError, "Expected binary or unicode string, got 3"),
    (lambda: gfile.mkdir("x/y"), tf.errors.NotFoundError, "x/y; No such file"),
    (lambda: gfile.mkdir("f/x"), tf.errors.FailedPreconditionError, "Not a directory"),
    (lambda: gfile.makedirs("f"), tf.errors.FailedPreconditionError, "f is not a directory"),
    (lambda: gfile.makedirs("f/x"), tf.errors.FailedPreconditionError, "Not a directory"),
    (lambda: gfile.listdir("nope"), tf.errors.NotFoundError, "Could not find directory nope"),
    (lambda: gfile.listdir("f"), tf.errors.NotFoundError, "Could not find directory f"),
    (lambda: gfile.copy("f", "a"), tf.errors.AlreadyExistsError, "already exists"),
    (lambda: gfile.copy("nope", "x"), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: gfile.copy("f", "nope/f"), tf.errors.NotFoundError, "nope/f; No such file"),
    (lambda: gfile.copy("a", "x"), tf.errors.FailedPreconditionError, "Is a directory"),
    (lambda: gfile.rename("f", "a"), tf.errors.AlreadyExistsError, "already exists"),
    (lambda: gfile.rename("nope", "x"), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: gfile.remove("nope"), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: gfile.remove("a"), tf.errors.FailedPreconditionError, "a; Is a directory"),
    (lambda: gfile.rmtree("nope"), tf.errors.NotFoundError, "nope not found"),
    (lambda: gfile.stat("nope"), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: gfile.join("a", b"b"), TypeError, "mix"),
    (lambda: gfile.exists("gs://x/y"), tf.errors.UnimplementedError, "scheme 'gs' not implemented"),
    (lambda: gfile.glob("s3://x/*"), tf.errors.UnimplementedError, "scheme 's3' not implemented"),
    (lambda: gfile.GFile("nope").read(), tf.errors.NotFoundError, "nope; No such file"),
    (lambda: gfile.GFile("a").read(), tf.errors.FailedPreconditionError, "Is a directory"),
    (lambda: gfile.GFile("no/x", "w").write("a"), tf.errors.NotFoundError, "No such file"),
    (lambda: gfile.GFile("f", "x"), tf.errors.InvalidArgumentError, "mode is not 'r'"),
    (lambda: gfile.GFile("f", "w").read(), tf.errors.PermissionDeniedError, "for reading"),
    (lambda: gfile.GFile("f").write("a"), tf.errors.PermissionDeniedError, "for writing"),
    (lambda: gfile.GFile("f", "w").write(3), TypeError, "got 3"),
    (lambda: gfile.GFile("f").seek(), TypeError, "offset argument required"),
    (lambda: gfile.GFile("f").seek(-1), tf.errors.InvalidArgumentError, "negative position: -1"),
    (lambda: gfile.GFile("f").seek(17), tf.errors.OutOfRangeError, "reached end of file"),
    (lambda: gfile.GFile("f").seek(0, 5), tf.errors.InvalidArgumentError, "whence argument: 5"),
]


@pytest.mark.parametrize("call, error, match", ERRORS)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


# ---- GFile ----


def test_reading():
    assert gfile.GFile("f").read() == "hello\nworld\nlast"
    assert gfile.GFile("f", "rb").read(3) == b"hel"
    assert gfile.GFile("f").readlines() == ["hello\n", "world\n", "last"]
    assert list(gfile.GFile("f", "rb")) == [b"hello\n", b"world\n", b"last"]
    assert gfile.GFile("f").size() == 16


def test_places_in_a_file():
    with gfile.GFile("f") as file:
        assert (file.read(2), file.tell(), file.seek(6), file.readline()) == (
            "he",
            2,
            None,
            "world\n",
        )
        assert (file.tell(), file.readline(), file.readline(), file.read()) == (12, "last", "", "")
        file.seek(offset=-4, whence=2)
        assert file.read() == "last"
        file.seek(1)
        file.seek(2, 1)
        assert file.read(2) == "lo"
        assert (file.seekable(), file.name, file.mode) == (True, "f", "r")


def test_line_ends_stay_except_in_lines():
    Path("crlf").write_bytes(b"a\r\nb\rc\n")
    assert gfile.GFile("crlf").read() == "a\r\nb\rc\n"
    assert gfile.GFile("crlf").readlines() == ["a\n", "bc\n"]


def test_writing():
    with gfile.GFile("w", "w") as file:
        assert not gfile.exists("w")
        assert file.write("abc") is None
        assert file.tell() == 3
        file.write("ü\n")
        file.flush()
        assert gfile.stat("w").length == 6
    with gfile.GFile("w", "a") as file:
        file.write(b"\xff")
    assert Path("w").read_bytes() == b"abc\xc3\xbc\n\xff"
    with pytest.raises(UnicodeDecodeError):
        gfile.GFile("w").read()


def test_a_forgotten_file_is_written():
    gfile.GFile("w", "w").write("abc")
    assert Path("w").read_text() == "abc"


MODES = [("w+", "XY", "XY"), ("a+", "hello\nworld\nlastXY", "hello\nworld\nlastXY")]


@pytest.mark.parametrize("mode, read, left", MODES, ids=str)
def test_reading_what_was_written(mode, read, left):
    file = gfile.GFile("f", mode)
    file.write("XY")
    file.flush()
    assert file.read() == read
    file.close()
    assert Path("f").read_text() == left


def test_a_closed_file_opens_again():
    file = gfile.GFile("f")
    assert file.read(3) == "hel"
    file.close()
    assert file.read(3) == "hel"
    file.close()
    file.close()


def test_patterns_may_come_from_any_iterable(tmp_path):
    for name in "pq":
        (tmp_path / f"{name}.txt").touch()
    patterns = (f"{tmp_path}/{name}*" for name in "qp")
    assert tf.io.gfile.glob(patterns) == [f"{tmp_path}/q.txt", f"{tmp_path}/p.txt"]
    assert tf.io.gfile.glob(tf.constant(f"{tmp_path}/p*")) == [f"{tmp_path}/p.txt"]
