"""A recorded sample of random calls; `make random-calls` asks TensorFlow thousands."""

import pytest

import tidefall as tf
from tests.random_calls import sample
from tests.random_calls.answer import answer
from tests.random_calls.compare import differences
from tests.random_calls.generator import NAMES, generate, text

pytestmark = pytest.mark.filterwarnings("ignore")

PER_TEST = 50


@pytest.mark.parametrize("first", range(0, sample.COUNT, PER_TEST))
def test_calls_answer_as_tensorflow(first):
    recorded = sample.load()
    found = []
    tf.random.set_seed(None)  # as in the process that asked TensorFlow
    for seed in sorted(recorded.keys() & range(first, first + PER_TEST)):
        given = answer(tf, seed)
        found += [
            f"{seed} {given['call']}: {kind}: {said[:300]}"
            for kind, said in differences(recorded[seed], given)
            if kind != "missing" and not sample.reason(given["call"], kind, said)
        ]
    assert not found, "\n".join(found)


def test_a_seed_always_gives_the_same_call():
    assert [text(generate(seed)) for seed in range(50)] == [
        text(generate(seed)) for seed in range(50)
    ]


def test_every_function_is_drawn():
    called = {generate(seed).name for seed in range(6000)}
    assert len(called) > 0.9 * len({name.split(" ")[0] for _, name in NAMES})


def test_a_wrong_value_a_wrong_class_and_a_missing_error_are_found():
    recorded = sample.load()
    right = next(a for a in recorded.values() if a["eager"].get("outputs"))
    wrong = next(a for a in recorded.values() if "error" in a["eager"])
    changed = {**right, "eager": {"error": "ValueError"}}
    assert [kind for kind, _ in differences(right, changed)] == ["eager error"]
    assert [kind for kind, _ in differences(changed, right)] == ["eager no error"]
    other = {**wrong, "eager": {"error": "OtherError"}}
    assert "eager class" in [kind for kind, _ in differences(wrong, other)]
