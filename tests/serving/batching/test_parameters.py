"""The file of batching parameters."""

import pytest

from tidefall.base import errors
from tidefall.serving.batching.parameters import BatchingParameters, read_parameters

FULL = """
max_batch_size { value: 128 }
batch_timeout_micros { value: 1000 }
max_enqueued_batches { value: 7 }
num_batch_threads { value: 3 }
thread_pool_name { value: "pool" }
allowed_batch_sizes: 8
allowed_batch_sizes: 128
pad_variable_length_inputs: true
enable_large_batch_splitting { value: false }
"""


@pytest.fixture
def read(tmp_path):
    """Reads parameters from a file with that text."""

    def read_text(text):
        file = tmp_path / "batching.txt"
        file.write_text(text)
        return read_parameters(file)

    return read_text


def test_the_file_of_tensorflow_serving_is_read(read):
    assert read(FULL) == BatchingParameters(
        max_batch_size=128,
        batch_timeout_micros=1000,
        max_enqueued_batches=7,
        num_batch_threads=3,
        thread_pool_name="pool",
        allowed_batch_sizes=(8, 128),
        pad_variable_length_inputs=True,
        enable_large_batch_splitting=False,
    )


def test_what_is_not_given_has_tensorflow_servings_default(read):
    parameters = read("")
    assert (parameters.max_batch_size, parameters.batch_timeout_micros) == (1000, 0)
    assert parameters.max_enqueued_batches == 10
    assert parameters.num_batch_threads >= 1


@pytest.mark.parametrize(
    ("text", "batch", "request_rows"),
    [
        ("max_batch_size { value: 8 }", 8, None),
        ("max_batch_size { value: 8 } enable_large_batch_splitting { value: false }", 8, 8),
        ("max_batch_size { value: 8 } max_execution_batch_size { value: 2 }", 2, 8),
    ],
)
def test_large_requests_are_split_unless_said_otherwise(text, batch, request_rows, read):
    parameters = read(text)
    assert (parameters.batch_rows, parameters.request_rows) == (batch, request_rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size: 8", "is no BatchingParameters in protobuf's text format: 1:17"),
        ("nonsense { value: 1 }", 'no field named "nonsense"'),
        ("max_batch_size { value: 0 }", "max_batch_size must be 1 to 1000000"),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros must be 0 to"),
        ("num_batch_threads { value: 99999999 }", "must be 1 to 1024, received 99999999"),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: 4 allowed_batch_sizes: 2",
            "must be positive and rise",
        ),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: 4",
            "the last of allowed_batch_sizes, 4, must equal the size of the largest batch, 8",
        ),
        (
            "max_batch_size { value: 8 } max_execution_batch_size { value: 9 }",
            "must not exceed max_batch_size",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_file(text, message, read):
    with pytest.raises(errors.InvalidArgumentError, match=r"batching\.txt") as caught:
        read(text)
    assert message in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(errors.NotFoundError, match="No such file"):
        read_parameters(tmp_path / "absent")
