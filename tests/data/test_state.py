"""Iterators over all recorded pipelines are saved at every element and go on from there."""

import pytest

import tidefall as tf
from tests.data.pipelines import PIPELINES
from tests.data.values import encode
from tidefall.data.state.state_codec import decode
from tidefall.data.state.state_codec import encode as to_bytes


def saved(iterator):
    return to_bytes(iterator._resource.save())


def resumed(dataset, state):
    """A new iterator over a pipeline, standing where a saved one stood."""
    iterator = iter(dataset)
    iterator._resource.restore(decode(state))
    return iterator


@pytest.mark.parametrize("name", PIPELINES)
def test_goes_on_from_every_element(name):
    build = PIPELINES[name]
    tf.random.set_seed(7)
    iterator = iter(build(tf))
    states, elements = [saved(iterator)], []
    for element in iterator:
        elements.append(encode(element))
        states.append(saved(iterator))
    for i, state in enumerate(states):
        tf.random.set_seed(7)
        rest = [encode(element) for element in resumed(build(tf), state)]
        assert rest == elements[i:], f"after {i} of {len(elements)} elements"
