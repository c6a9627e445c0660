"""The exceptions that operations raise, one class for each canonical status code.

Codes and classes are those of `tf.errors`, so they also are the codes of gRPC and of
TensorFlow's `error_codes.proto`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


def _trace_lines(op: Any) -> Iterable[str]:
    for frame in getattr(op, "traceback", None) or ():
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'


class OpError(Exception):
    """An operation failed; the subclasses say how, by status code.

    Args:
        node_def: the `NodeDef` of the op that failed, or None.
        op: the graph operation that failed, or None (eager ops have none).
        message: what went wrong.
        error_code: one of the status codes of this module.
        *args: optionally a dict of payloads, bytes by type URL.

    >>> from tidefall.base import errors
    >>> error = errors.OpError(None, None, "no such table", errors.NOT_FOUND)
    >>> str(error), error.error_code
    ('no such table', 5)
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int, *args: Any) -> None:
        # TensorFlow leaves `args` empty, so `repr` shows the class alone.
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code
        self._experimental_payloads: dict[str, bytes] = args[0] if args else {}

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self._node_def, self._op, self._message, self._error_code)
        return _rebuild, (type(self), state, self._experimental_payloads)

    def restated(self, message: str, op: Any = None) -> OpError:
        """The same kind of error with another message."""
        error = copy.copy(self)
        error._message = message
        error._op = op if op is not None else self._op
        return error

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> Any:
        """The graph operation that failed, or None."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The `NodeDef` of the op that failed, or None."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """The status code, as in `tf.errors.NOT_FOUND`."""
        return self._error_code

    @property
    def experimental_payloads(self) -> dict[str, bytes]:
        """What the failing runtime attached: bytes by type URL."""
        return self._experimental_payloads

    def __str__(self) -> str:
        if self._op is None:
            return self._message
        parts = [f"{self._message}\n\nOriginal stack trace for {self._op.name!r}:\n"]
        parts += _trace_lines(self._op)
        seen = {id(self._op)}
        origin = getattr(self._op, "_original_op", None)
        while origin is not None and id(origin) not in seen:
            seen.add(id(origin))
            parts.append(f"\n...which was originally created as op {origin.name!r}, defined at:\n")
            parts += _trace_lines(origin)
            origin = getattr(origin, "_original_op", None)
        return "".join(parts)


def _rebuild(cls: type[OpError], state: tuple[Any, ...], payloads: dict[str, bytes]) -> OpError:
    # Subclasses, users' own among them, differ in what `__init__` takes.
    error = cls.__new__(cls)
    OpError.__init__(error, *state, payloads)
    return error


class CancelledError(OpError):
    """The operation was cancelled, usually by its caller.

    >>> import tidefall as tf
    >>> raise tf.errors.CancelledError(None, None, 'step 3 was cancelled')
    Traceback (most recent call last):
    tidefall.base.errors.CancelledError: step 3 was cancelled
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, CANCELLED, *args)


class UnknownError(OpError):
    """The operation failed and nothing more is known.

    >>> import tidefall as tf
    >>> tf.errors.UnknownError(None, None, 'no idea').error_code == tf.errors.UNKNOWN
    True
    """

    # The only one of these whose code may be overridden, as in TensorFlow.
    def __init__(
        self, node_def: Any, op: Any, message: str, *args: Any, error_code: int = UNKNOWN
    ) -> None:
        super().__init__(node_def, op, message, error_code, *args)


class InvalidArgumentError(OpError):
    """An argument is wrong whatever the state of the system (a shape, a value, an attribute).

    >>> import tidefall as tf
    >>> try:
    ...     tf.reshape(tf.zeros([3]), [2])
    ... except tf.errors.InvalidArgumentError as error:
    ...     print(error.error_code == tf.errors.INVALID_ARGUMENT)
    True
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, INVALID_ARGUMENT, *args)


class DeadlineExceededError(OpError):
    """The operation did not finish before its deadline.

    >>> import tidefall as tf
    >>> tf.errors.DeadlineExceededError(None, None, 'took 5 s').message
    'took 5 s'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, DEADLINE_EXCEEDED, *args)


class NotFoundError(OpError):
    """A file, key or other named thing does not exist.

    >>> import tidefall as tf
    >>> try:
    ...     tf.io.read_file('/no/such/file')
    ... except tf.errors.NotFoundError as error:
    ...     print('/no/such/file' in error.message)
    True
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, NOT_FOUND, *args)


class AlreadyExistsError(OpError):
    """What was to be created exists already.

    >>> import tidefall as tf
    >>> tf.errors.AlreadyExistsError(None, None, 'there is one').message
    'there is one'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, ALREADY_EXISTS, *args)


class PermissionDeniedError(OpError):
    """The caller may not do this.

    >>> import tidefall as tf
    >>> tf.errors.PermissionDeniedError(None, None, 'not yours').message
    'not yours'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, PERMISSION_DENIED, *args)


class UnauthenticatedError(OpError):
    """The request came without valid credentials.

    >>> import tidefall as tf
    >>> tf.errors.UnauthenticatedError(None, None, 'who are you?').message
    'who are you?'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNAUTHENTICATED, *args)


class ResourceExhaustedError(OpError):
    """Memory, disk space or a quota ran out.

    >>> import tidefall as tf
    >>> tf.errors.ResourceExhaustedError(None, None, 'the disk is full').message
    'the disk is full'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, RESOURCE_EXHAUSTED, *args)


class FailedPreconditionError(OpError):
    """The system is not in the state the operation needs (an uninitialized variable, say).

    >>> import tidefall as tf
    >>> tf.errors.FailedPreconditionError(None, None, 'not initialized').message
    'not initialized'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, FAILED_PRECONDITION, *args)


class AbortedError(OpError):
    """The operation was aborted, usually by a conflict with another one; trying again may work.

    >>> import tidefall as tf
    >>> tf.errors.AbortedError(None, None, 'try again').message
    'try again'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, ABORTED, *args)


class OutOfRangeError(OpError):
    """The operation went past the end (of a dataset, a file).

    >>> import tidefall as tf
    >>> iterator = iter(tf.data.Dataset.range(1))
    >>> _ = iterator.get_next()
    >>> try:
    ...     iterator.get_next()
    ... except tf.errors.OutOfRangeError:
    ...     print('that was all')
    that was all
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, OUT_OF_RANGE, *args)


class UnimplementedError(OpError):
    """The operation is not implemented for this case.

    >>> import tidefall as tf
    >>> tf.errors.UnimplementedError(None, None, 'later').error_code == tf.errors.UNIMPLEMENTED
    True
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNIMPLEMENTED, *args)


class InternalError(OpError):
    """The system broke one of its own rules: a bug.

    >>> import tidefall as tf
    >>> tf.errors.InternalError(None, None, 'a bug').message
    'a bug'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, INTERNAL, *args)


class UnavailableError(OpError):
    """The service cannot be reached now; trying again may work.

    >>> import tidefall as tf
    >>> tf.errors.UnavailableError(None, None, 'no answer').message
    'no answer'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, UNAVAILABLE, *args)


class DataLossError(OpError):
    """Data is corrupt or lost (a checksum does not match, a file is cut short).

    >>> import tidefall as tf
    >>> tf.errors.DataLossError(None, None, 'bad checksum').message
    'bad checksum'
    """

    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None:
        super().__init__(node_def, op, message, DATA_LOSS, *args)


class OperatorNotAllowedInGraphError(TypeError):
    """A graph tensor was used where Python needs its value: `if tensor:`, `for x in tensor`.

    Args:
        *args: the message, as for any exception.

    >>> import tidefall as tf
    >>> @tf.function(autograph=False)
    ... def choose(x):
    ...     return 1 if x else 2
    >>> try:
    ...     choose(tf.constant(True))
    ... except tf.errors.OperatorNotAllowedInGraphError:
    ...     print('a graph tensor has no value yet')
    a graph tensor has no value yet
    """


class InaccessibleTensorError(TypeError, ValueError):
    """A tensor of one graph was used in another that cannot reach it.

    Args:
        *args: the message, as for any exception.
    """


_CLASS_OF_CODE: dict[int, type[OpError]] = {
    CANCELLED: CancelledError,
    UNKNOWN: UnknownError,
    INVALID_ARGUMENT: InvalidArgumentError,
    DEADLINE_EXCEEDED: DeadlineExceededError,
    NOT_FOUND: NotFoundError,
    ALREADY_EXISTS: AlreadyExistsError,
    PERMISSION_DENIED: PermissionDeniedError,
    RESOURCE_EXHAUSTED: ResourceExhaustedError,
    FAILED_PRECONDITION: FailedPreconditionError,
    ABORTED: AbortedError,
    OUT_OF_RANGE: OutOfRangeError,
    UNIMPLEMENTED: UnimplementedError,
    INTERNAL: InternalError,
    UNAVAILABLE: UnavailableError,
    DATA_LOSS: DataLossError,
    UNAUTHENTICATED: UnauthenticatedError,
}
_CODE_OF_CLASS: dict[type[BaseException], int] = {cls: code for code, cls in _CLASS_OF_CODE.items()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The exception class of a status code.

    Args:
        error_code: an int from 1 (`CANCELLED`) to 16 (`UNAUTHENTICATED`).

    Returns:
        The subclass of `OpError`.

    Raises:
        KeyError: there is no such error code.

    >>> from tidefall.base import errors
    >>> errors.exception_type_from_error_code(5).__name__
    'NotFoundError'
    """
    return _CLASS_OF_CODE[error_code]


_CLASS_OF_NAME = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.removesuffix("Error")).upper(): cls
    for cls in _CLASS_OF_CODE.values()
}


def as_op_error(error: Exception) -> Exception:
    """The same as an OpError, if the text begins with the name of a status code.

    >>> as_op_error(RuntimeError("OUT_OF_RANGE: row 7 of 5"))
    OutOfRangeError()
    """
    name, _, text = str(error).partition(": ")
    found: Any = _CLASS_OF_NAME.get(name)  # whose own constructors lack the code
    return error if found is None else found(None, None, text)


def error_code_from_exception_type(cls: type[BaseException]) -> int:
    """The status code of an exception class.

    Args:
        cls: one of the subclasses of `OpError` in this module.

    Returns:
        Its code, or `UNKNOWN` for any other class.

    >>> from tidefall.base import errors
    >>> errors.error_code_from_exception_type(errors.NotFoundError)
    5
    """
    return _CODE_OF_CLASS.get(cls, UNKNOWN)
