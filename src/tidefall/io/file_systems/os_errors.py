"""What the operating system says of files, as TensorFlow's errors."""

from __future__ import annotations

import errno
from typing import Any

from tidefall.base import errors


def errors_from_os(error: OSError, path: str) -> errors.OpError:
    """The `tf.errors` exception for a failed file operation.

    Args:
        error: what the operating system said.
        path: the file it is about.

    Returns:
        An exception to raise: NotFoundError, PermissionDeniedError, ...
    """
    kinds: dict[type[OSError], Any] = {
        FileNotFoundError: errors.NotFoundError,
        NotADirectoryError: errors.FailedPreconditionError,
        IsADirectoryError: errors.FailedPreconditionError,
        PermissionError: errors.PermissionDeniedError,
        FileExistsError: errors.AlreadyExistsError,
    }
    kind = kinds.get(type(error), errors.UnknownError)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        kind = errors.ResourceExhaustedError
    elif error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
        kind = errors.InvalidArgumentError
    elif error.errno == errno.EROFS:
        kind = errors.PermissionDeniedError
    return kind(None, None, f"{path}; {error.strerror or error}")
