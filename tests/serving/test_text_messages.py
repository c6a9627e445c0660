"""Settings files in protobuf's text format."""

import pytest

from tidefall.base import errors
from tidefall.serving.text_messages import read_message


def test_a_message_is_read(tmp_path):
    (tmp_path / "f").write_text('# keys\nserver_key: "k" client_verify: true')
    config = read_message(tmp_path / "f", "SSLConfig")
    assert (config.server_key, config.client_verify) == ("k", True)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (None, errors.NotFoundError, "cannot read .*: No such file"),
        (b'server_kee: "k"', errors.InvalidArgumentError, "is no SSLConfig in .*: 1:1"),
        (b"\xff", errors.InvalidArgumentError, "is no SSLConfig"),
        (b" " * (16 * 1024 * 1024 + 1), errors.InvalidArgumentError, "over 16777216 bytes"),
    ],
)
def test_what_is_none_is_refused(tmp_path, content, kind, message):
    if content is not None:
        (tmp_path / "f").write_bytes(content)
    with pytest.raises(kind, match=message):
        read_message(tmp_path / "f", "SSLConfig")
