"""`tf.errors`: codes, classes, messages and pickling."""

import copy
import pickle
import traceback
from types import SimpleNamespace

import pytest

from tidefall.base import errors

# Recorded from TensorFlow 2.21: constant, code, class.
CODES = [
    ("CANCELLED", 1, "CancelledError"),
    ("UNKNOWN", 2, "UnknownError"),
    ("INVALID_ARGUMENT", 3, "InvalidArgumentError"),
    ("DEADLINE_EXCEEDED", 4, "DeadlineExceededError"),
    ("NOT_FOUND", 5, "NotFoundError"),
    ("ALREADY_EXISTS", 6, "AlreadyExistsError"),
    ("PERMISSION_DENIED", 7, "PermissionDeniedError"),
    ("RESOURCE_EXHAUSTED", 8, "ResourceExhaustedError"),
    ("FAILED_PRECONDITION", 9, "FailedPreconditionError"),
    ("ABORTED", 10, "AbortedError"),
    ("OUT_OF_RANGE", 11, "OutOfRangeError"),
    ("UNIMPLEMENTED", 12, "UnimplementedError"),
    ("INTERNAL", 13, "InternalError"),
    ("UNAVAILABLE", 14, "UnavailableError"),
    ("DATA_LOSS", 15, "DataLossError"),
    ("UNAUTHENTICATED", 16, "UnauthenticatedError"),
]


@pytest.mark.parametrize("constant,code,class_name", CODES)
def test_each_code_has_its_class(constant, code, class_name):
    cls = getattr(errors, class_name)
    assert getattr(errors, constant) == code
    assert errors.exception_type_from_error_code(code) is cls
    assert errors.error_code_from_exception_type(cls) == code
    error = cls(None, None, "what happened", {"url": b"payload"})
    assert isinstance(error, errors.OpError)
    assert (error.error_code, error.message, str(error)) == (code, "what happened", "what happened")
    assert error.op is None and error.node_def is None
    assert error.experimental_payloads == {"url": b"payload"}
    assert error.args == () and repr(error) == f"{class_name}()"


def test_arguments_may_be_named():
    assert errors.OpError(node_def=1, op=None, message="m", error_code=3).node_def == 1
    assert errors.NotFoundError(node_def=1, op=None, message="m").experimental_payloads == {}


def test_missing_arguments_are_an_error():
    with pytest.raises(TypeError, match="'op' and 'message'"):
        errors.NotFoundError("only a message")


def test_codes_without_a_class():
    assert errors.OK == 0
    for code in (0, 17, 99):
        with pytest.raises(KeyError):
            errors.exception_type_from_error_code(code)
    assert errors.error_code_from_exception_type(ValueError) == errors.UNKNOWN
    assert errors.error_code_from_exception_type(errors.OpError) == errors.UNKNOWN


def _op(name, line, original=None):
    frame = traceback.FrameSummary("model.py", line, "call", lookup_line=False)
    return SimpleNamespace(name=name, traceback=[frame], _original_op=original)


def test_message_shows_where_the_op_was_created():
    error = errors.InternalError(None, _op("B", 7, _op("A", 3)), "boom")
    assert str(error) == (
        "boom\n\nOriginal stack trace for 'B':\n"
        '  File "model.py", line 7, in call\n'
        "\n...which was originally created as op 'A', defined at:\n"
        '  File "model.py", line 3, in call\n'
    )
    assert error.message == "boom"


def test_message_of_an_op_that_is_its_own_origin():
    op = _op("A", 3)
    op._original_op = op
    assert str(errors.InternalError(None, op, "boom")).count("'A'") == 1


class OneArgumentError(errors.DataLossError):
    def __init__(self, path):
        super().__init__(None, None, f"{path} is corrupt")


@pytest.mark.parametrize("duplicate", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize(
    "error",
    [
        errors.OpError("node", None, "m", 5),
        errors.NotFoundError("node", None, "m", {"a": b"x"}),
        OneArgumentError("a.index"),
    ],
)
def test_copies_and_pickles_keep_everything(duplicate, error):
    twin = duplicate(error)
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)


def test_python_error_families():
    assert issubclass(errors.OperatorNotAllowedInGraphError, TypeError)
    assert issubclass(errors.InaccessibleTensorError, ValueError)
    assert not issubclass(errors.OperatorNotAllowedInGraphError, errors.OpError)
    assert str(errors.InaccessibleTensorError("text")) == "text"
