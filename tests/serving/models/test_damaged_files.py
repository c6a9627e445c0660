"""Genuine SavedModels with bytes changed at random: named for what they are, and never served."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from tidefall.serving import LoadSettings, ModelConfig
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.model import Model
from tidefall.serving.models.policies import All
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.states import State

COUNT = 40
CODES = {"DATA_LOSS", "UNIMPLEMENTED"}


def spoil(path: Path, source: random.Random) -> None:
    """Changes, puts in or takes out a few bytes of a file, or cuts it short."""
    data = bytearray(path.read_bytes())
    for _ in range(source.choice((1, 1, 2, 8))):
        at, kind = source.randrange(len(data)), source.randrange(5)
        if kind == 0:
            data[at] ^= 1 << source.randrange(8)
        elif kind == 1:
            data[at : at + 8] = source.randbytes(8)
        elif kind == 2:
            data[at:at] = source.randbytes(source.randrange(1, 40))
        elif kind == 3:
            del data[at : at + source.randrange(1, 40)]
        else:
            del data[at + 1 :]
    path.write_bytes(data)


def answer(model, version) -> float:
    with model.use(version) as loaded:
        run = loaded.servable.signatures["serving_default"].run
        return float(run({"x": np.float32([2.0])})["y"][0])


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.*"])
def test_damaged_versions_are_refused_while_the_good_one_answers(interop_genuine, tmp_path, name):
    genuine, base = interop_genuine / "half_plus_two_tf2", tmp_path / "half"
    shutil.copytree(genuine, base / "1")
    settings = LoadSettings(settle_seconds=0.0, retries=0)
    model = Model(
        ModelConfig("half", base, All()), VersionLoader("half", load_saved_model), settings=settings
    )
    source = random.Random(name)
    for version in range(2, COUNT + 2):
        folder = base / str(version)
        shutil.copytree(genuine, folder)
        spoil(source.choice(sorted(folder.glob(name))), source)
        model.reconcile()
        (status,) = model.statuses(version)
        if status.state is State.AVAILABLE:  # What was changed means nothing: a name, a line.
            assert answer(model, version) == 3.0
        else:
            assert (status.state, status.error_code in CODES) == (State.END, True), status
            assert str(folder) in status.error_message
        assert answer(model, 1) == 3.0
    assert len(model.available_versions()) < COUNT // 2
    model.close()
