"""What seven of Keras's test files import from the root of its repository, which no wheel has."""

import pytest


def skip_if_backend(given_backend: str, reason: str) -> pytest.MarkDecorator:
    """Skip a test where Keras runs on this backend."""
    # Not before the `tensorflow` name is answered: Keras imports it.
    from keras.src import backend

    return pytest.mark.skipif(backend.backend() == given_backend, reason=reason)
