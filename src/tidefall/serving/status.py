"""Canonical status codes as HTTP statuses, in the mapping TensorFlow Serving uses."""

from __future__ import annotations

from typing import Any

from tidefall.base import errors

_HTTP_FROM_CODE = {
    errors.OK: 200,
    errors.CANCELLED: 499,
    errors.UNKNOWN: 500,
    errors.INVALID_ARGUMENT: 400,
    errors.DEADLINE_EXCEEDED: 504,
    errors.NOT_FOUND: 404,
    errors.ALREADY_EXISTS: 409,
    errors.PERMISSION_DENIED: 403,
    errors.RESOURCE_EXHAUSTED: 429,
    errors.FAILED_PRECONDITION: 400,
    errors.ABORTED: 409,
    errors.OUT_OF_RANGE: 400,
    errors.UNIMPLEMENTED: 501,
    errors.INTERNAL: 500,
    errors.UNAVAILABLE: 503,
    errors.DATA_LOSS: 500,
    errors.UNAUTHENTICATED: 401,
}

# Several codes share one HTTP status; these are the ones a client should think of first.
_CODE_FROM_HTTP = {
    400: errors.INVALID_ARGUMENT,
    401: errors.UNAUTHENTICATED,
    403: errors.PERMISSION_DENIED,
    404: errors.NOT_FOUND,
    408: errors.DEADLINE_EXCEEDED,
    409: errors.ABORTED,
    413: errors.RESOURCE_EXHAUSTED,
    429: errors.RESOURCE_EXHAUSTED,
    431: errors.RESOURCE_EXHAUSTED,
    499: errors.CANCELLED,
    500: errors.INTERNAL,
    501: errors.UNIMPLEMENTED,
    503: errors.UNAVAILABLE,
    504: errors.DEADLINE_EXCEEDED,
}

_NAMES = {code: name for name, code in vars(errors).items() if name.isupper() and code in range(17)}


def invalid(message: str) -> errors.InvalidArgumentError:
    """The error of a request, or a setting, that is not what it should be."""
    return errors.InvalidArgumentError(None, None, message)


def http_status(error: errors.OpError) -> int:
    """The HTTP status of an error: 400 for `InvalidArgumentError`, 404 for `NotFoundError`, ..."""
    return _HTTP_FROM_CODE.get(error.error_code, 500)


def code_name(code: int) -> str:
    """The canonical name of a status code, as in `INVALID_ARGUMENT`."""
    return _NAMES.get(code, "UNKNOWN")


def without_frames(error: errors.OpError) -> errors.OpError:
    """The error, without the frames it came through: they hold what the request brought.

    An error that is kept is held by such a frame itself, so that only the garbage collector would
    free them.
    """
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


def describe(error: BaseException) -> tuple[str, str]:
    """Code name and message of any exception; one that carries no status code is INTERNAL."""
    if isinstance(error, errors.OpError):
        return code_name(error.error_code), error.message
    return "INTERNAL", f"{type(error).__name__}: {error}"


def error_from_http(status: int, message: str) -> errors.OpError:
    """The `tf.errors` exception a client raises for an HTTP status that is not a success."""
    code = _CODE_FROM_HTTP.get(status)
    if code is None:
        code = errors.INVALID_ARGUMENT if 400 <= status < 500 else errors.UNKNOWN
    kind: Any = errors.exception_type_from_error_code(code)
    return kind(None, None, message)
