# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.errors`."""

from tidefall._api.errors import AbortedError as AbortedError
from tidefall._api.errors import AlreadyExistsError as AlreadyExistsError
from tidefall._api.errors import CancelledError as CancelledError
from tidefall._api.errors import DataLossError as DataLossError
from tidefall._api.errors import DeadlineExceededError as DeadlineExceededError
from tidefall._api.errors import FailedPreconditionError as FailedPreconditionError
from tidefall._api.errors import InaccessibleTensorError as InaccessibleTensorError
from tidefall._api.errors import InternalError as InternalError
from tidefall._api.errors import InvalidArgumentError as InvalidArgumentError
from tidefall._api.errors import NotFoundError as NotFoundError
from tidefall._api.errors import OpError as OpError
from tidefall._api.errors import OperatorNotAllowedInGraphError as OperatorNotAllowedInGraphError
from tidefall._api.errors import OutOfRangeError as OutOfRangeError
from tidefall._api.errors import PermissionDeniedError as PermissionDeniedError
from tidefall._api.errors import ResourceExhaustedError as ResourceExhaustedError
from tidefall._api.errors import UnauthenticatedError as UnauthenticatedError
from tidefall._api.errors import UnavailableError as UnavailableError
from tidefall._api.errors import UnimplementedError as UnimplementedError
from tidefall._api.errors import UnknownError as UnknownError

ABORTED: int
ALREADY_EXISTS: int
CANCELLED: int
DATA_LOSS: int
DEADLINE_EXCEEDED: int
FAILED_PRECONDITION: int
INTERNAL: int
INVALID_ARGUMENT: int
NOT_FOUND: int
OK: int
OUT_OF_RANGE: int
PERMISSION_DENIED: int
RESOURCE_EXHAUSTED: int
UNAUTHENTICATED: int
UNAVAILABLE: int
UNIMPLEMENTED: int
UNKNOWN: int
