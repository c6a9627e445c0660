# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.errors`."""

import tidefall as tf
from typing import Any

ABORTED: int
ALREADY_EXISTS: int
class AbortedError(tf.errors.OpError):
    """The operation was aborted, usually by a conflict with another one; trying again may work."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class AlreadyExistsError(tf.errors.OpError):
    """What was to be created exists already."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
CANCELLED: int
class CancelledError(tf.errors.OpError):
    """The operation was cancelled, usually by its caller."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
DATA_LOSS: int
DEADLINE_EXCEEDED: int
class DataLossError(tf.errors.OpError):
    """Data is corrupt or lost (a checksum does not match, a file is cut short)."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class DeadlineExceededError(tf.errors.OpError):
    """The operation did not finish before its deadline."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
FAILED_PRECONDITION: int
class FailedPreconditionError(tf.errors.OpError):
    """The system is not in the state the operation needs (an uninitialized variable, say)."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
INTERNAL: int
INVALID_ARGUMENT: int
class InaccessibleTensorError(TypeError, ValueError):
    """A tensor of one graph was used in another that cannot reach it."""
class InternalError(tf.errors.OpError):
    """The system broke one of its own rules: a bug."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class InvalidArgumentError(tf.errors.OpError):
    """An argument is wrong whatever the state of the system (a shape, a value, an attribute)."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
NOT_FOUND: int
class NotFoundError(tf.errors.OpError):
    """A file, key or other named thing does not exist."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
OK: int
OUT_OF_RANGE: int
class OpError(Exception):
    """An operation failed; the subclasses say how, by status code."""
    def __init__(self, node_def: Any, op: Any, message: str, error_code: int, *args: Any) -> None: ...
    def restated(self, message: str, op: Any = None) -> tf.errors.OpError:
        """The same kind of error with another message."""
    @property
    def message(self) -> str:
        """What went wrong."""
    @property
    def op(self) -> Any:
        """The graph operation that failed, or None."""
    @property
    def node_def(self) -> Any:
        """The `NodeDef` of the op that failed, or None."""
    @property
    def error_code(self) -> int:
        """The status code, as in `tf.errors.NOT_FOUND`."""
    @property
    def experimental_payloads(self) -> dict[str, bytes]:
        """What the failing runtime attached: bytes by type URL."""
class OperatorNotAllowedInGraphError(TypeError):
    """A graph tensor was used where Python needs its value: `if tensor:`, `for x in tensor`."""
class OutOfRangeError(tf.errors.OpError):
    """The operation went past the end (of a dataset, a file)."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
PERMISSION_DENIED: int
class PermissionDeniedError(tf.errors.OpError):
    """The caller may not do this."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
RESOURCE_EXHAUSTED: int
class ResourceExhaustedError(tf.errors.OpError):
    """Memory, disk space or a quota ran out."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
UNAUTHENTICATED: int
UNAVAILABLE: int
UNIMPLEMENTED: int
UNKNOWN: int
class UnauthenticatedError(tf.errors.OpError):
    """The request came without valid credentials."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class UnavailableError(tf.errors.OpError):
    """The service cannot be reached now; trying again may work."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class UnimplementedError(tf.errors.OpError):
    """The operation is not implemented for this case."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any) -> None: ...
class UnknownError(tf.errors.OpError):
    """The operation failed and nothing more is known."""
    def __init__(self, node_def: Any, op: Any, message: str, *args: Any, error_code: int = 2) -> None: ...
