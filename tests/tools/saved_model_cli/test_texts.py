"""`show` and `scan` print what TensorFlow's command prints."""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

import tidefall as tf

RECORDED = json.loads(
    (Path(__file__).parents[2] / "oracle" / "saved_model_cli.json").read_text(encoding="utf-8")
)


def options_sorted(text: str) -> str:
    """A text with the traces of a function in a fixed order: TensorFlow's depends on counters."""
    blocks = []
    for block in text.split("\n\n"):
        first, *options = re.split(r"\n    Option #\d+\n", block.rstrip("\n"))
        blocks.append("\n--\n".join([first, *sorted(options)]))
    return "\n\n".join(blocks).rstrip("\n")


def choices_sorted(text: str) -> str:
    """An error with its choices in a fixed order: TensorFlow's is that of a hash table."""
    return re.sub(
        r"(choose from: )(.*)", lambda m: m[1] + ", ".join(sorted(m[2].split(", "))), text
    )


def check(cli, folder, texts: dict[str, str]) -> None:
    for line, expected in texts.items():
        command, *flags = line.split()
        status, out, err = cli(command, "--dir", folder, *flags)
        kept = [t for t in (out + err).splitlines() if "that only Python calls" not in t]
        assert options_sorted("\n".join(kept)) == options_sorted(choices_sorted(expected)), line
        assert status == (1 if re.match(r"\w+Error: ", expected) else 0)


@pytest.mark.parametrize("name", RECORDED["models"])
def test_models_that_tensorflow_wrote(cli, tmp_path, name):
    model = RECORDED["models"][name]
    content = gzip.decompress(base64.b64decode(model["saved_model.pb"]))
    (tmp_path / "saved_model.pb").write_bytes(content)
    check(cli, tmp_path, model["texts"])


@pytest.mark.parametrize("name", RECORDED["genuine"])
def test_models_of_other_projects(cli, interop_genuine, name):
    texts = RECORDED["genuine"][name]
    check(cli, interop_genuine / name, texts)


def test_switches_are_taken_in_every_spelling(cli, tmp_path):
    tf.saved_model.save(tf.Module(), tmp_path)
    everything = cli("show", "--dir", tmp_path, "--all")
    assert cli("show", f"--dir={tmp_path}", "--all=true") == everything
    tags = cli("show", "--dir", tmp_path)
    assert cli("show", "--dir", tmp_path, "--noall") == tags
    assert cli("show", "--dir", tmp_path, "--all=false") == tags
    status, out, _ = cli("show", "--dir", tmp_path, "--list_ops")
    assert status == 0
    assert out.startswith("--list_ops must be paired with a tag-set or with --all.\n")


def test_list_ops_comes_before_the_signatures(cli, tmp_path):
    tf.saved_model.save(tf.Module(), tmp_path)
    _, out, _ = cli("show", "--dir", tmp_path, "--tag_set", "serve", "--list_ops")
    assert out.startswith("The MetaGraph with tag set ['serve'] contains the following ops: {'")
    assert "SignatureDefs with the following keys:" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tag_set", "train"], "Please use one of the following tag-sets: ['serve']"),
        (["--tag_set", " , "], "tag_set must contain at least one non-empty item."),
        (["--tag_set", "serve", "--signature_def", "x"], 'Could not find signature "x"'),
    ],
)
def test_what_is_not_there(cli, tmp_path, arguments, message):
    tf.saved_model.save(tf.Module(), tmp_path)
    status, out, err = cli("show", "--dir", tmp_path, *arguments)
    assert status == 1
    assert out == ""
    assert message in err


def test_no_model(cli, tmp_path):
    status, _, err = cli("show", "--dir", tmp_path)
    assert status == 1
    assert err.startswith("OSError: SavedModel file does not exist at: ")
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
    status, _, err = cli("show", "--dir", tmp_path, "--all")
    assert status == 1
    assert "Cannot parse file" in err


def test_scan_looks_into_branches_and_functions_that_python_calls(cli, tmp_path):
    class Hidden(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def write(self, path):
            if tf.strings.length(path) > 0:
                tf.io.write_file(path, "x")
            return path

    tf.saved_model.save(Hidden(), tmp_path, signatures={})
    status, out, _ = cli("scan", "--dir", tmp_path)
    assert status == 0
    first, second = out.splitlines()
    assert "does not contain the default denylisted ops" in first
    assert "contains WriteFile in branches, loops or functions that only Python calls" in second
    _, out, _ = cli("scan", "--dir", tmp_path, "--op_denylist", "PrintV2", "--tag_set", "serve")
    assert "contains" not in out.replace("does not contain", "")


@pytest.mark.process
@pytest.mark.parametrize("command", ["show", "scan"])
def test_showing_imports_nothing_heavy(run_python, tmp_path, command):
    tf.saved_model.save(tf.Module(), tmp_path)
    loaded = run_python(
        "import sys\n"
        "from tidefall.tools.saved_model_cli.cli import main\n"
        "main(sys.argv[1:])\n"
        "print({'jax', 'keras', 'h5py', 'grpc'} & set(sys.modules))",
        command,
        "--dir",
        str(tmp_path),
    )
    assert loaded.splitlines()[-1] == "set()"


@pytest.mark.process
def test_the_command_is_a_module(run_python):
    out = run_python(
        "import runpy, sys\n"
        "sys.argv = ['saved_model_cli', *sys.argv[1:]]\n"
        "try: runpy.run_module('tidefall.saved_model_cli', run_name='__main__')\n"
        "except SystemExit as end: print(end.code)",
        "show",
        "--help",
    )
    assert "--signature_def" in out
    assert out.splitlines()[-1] == "0"
