"""What was saved under one strategy goes on under any other, slots and all."""

import json

import pytest

from tests.oracle.replicas import saving

SOURCE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
    "from tests.oracle.replicas.saving import main\nmain()"
)


OTHERS = ("none", "central2", "mirrored4")


@pytest.mark.process
@pytest.mark.parametrize(
    "writer", ["mirrored2", *(pytest.param(w, marks=pytest.mark.slow) for w in OTHERS)]
)
def test_training_goes_on_under_every_strategy(writer, run_python, repo_root, tmp_path):
    given = (str(repo_root), "tidefall", "host")
    wanted = json.loads(run_python(SOURCE, *given, "write", str(tmp_path), writer))
    found = json.loads(run_python(SOURCE, *given, "read", str(tmp_path), *saving.STRATEGIES))
    saving.check(wanted, found)
