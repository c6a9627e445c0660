"""Files encrypted at rest: AES-256-GCM in chunks, so that a model of any size takes little memory.

A file is a head (magic and a random prefix) and chunks of a megabyte, each with its own tag. A
chunk's nonce is the prefix and its number; what is authenticated beside it is the file's name and
whether the chunk is the last, so chunks cannot be moved, left out, cut off, or put into another
file. This is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar (2015).
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any, BinaryIO

from tidefall.base import errors

MAGIC = b"TFENC01\n"
CHUNK = 1 << 20
_PREFIX, _TAG = 8, 16
_CLEAR = "assets.extra/"
"""What lies here stays readable: the card, the schema, the manifest."""


def read_key(path: str | os.PathLike[str]) -> bytes:
    """Return the key in a file: 32 bytes in base 64.

    Raises:
        InvalidArgumentError: it holds no such key.
    """
    try:
        key = base64.b64decode(Path(path).read_bytes().strip(), validate=True)
    except (OSError, binascii.Error, ValueError) as error:
        raise _no_key(path, str(error)) from None
    if len(key) != 32:
        raise _no_key(path, f"it holds {len(key)} bytes")
    return key


def new_encryption_key(path: str | os.PathLike[str]) -> None:
    """Write a new key to a file that its owner alone can read.

    Raises:
        AlreadyExistsError: the file is there.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"key file {os.fspath(path)} is there already; keys are not written over"
        raise errors.AlreadyExistsError(None, None, message) from None
    with os.fdopen(file, "wb") as opened:
        opened.write(base64.b64encode(os.urandom(32)) + b"\n")


def encrypt_file(source: Path, target: Path, name: str, key: bytes) -> None:
    """Write a file encrypted.

    Args:
        source: the file.
        target: where to write it.
        name: its name in the version, which it is bound to.
        key: 32 bytes.
    """
    cipher, prefix, number = _cipher(key), os.urandom(_PREFIX), 0
    with source.open("rb") as file, target.open("wb") as out:
        out.write(MAGIC + prefix)
        chunk = file.read(CHUNK)
        while True:
            following = file.read(CHUNK)
            extra = _extra(name, is_last=not following)
            out.write(cipher.encrypt(_nonce(prefix, number), chunk, extra))
            if not following:
                break
            chunk, number = following, number + 1


def decrypt_file(source: Path, target: Path, name: str, key: bytes) -> None:
    """Write what an encrypted file holds.

    Raises:
        DataLossError: it was changed, cut off, or is not of this name or key.
    """
    from cryptography.exceptions import InvalidTag

    cipher, number = _cipher(key), 0
    try:
        with source.open("rb") as file, target.open("wb") as out:
            prefix = _read_head(file, source)
            chunk = file.read(CHUNK + _TAG)
            while True:
                following = file.read(CHUNK + _TAG)
                extra = _extra(name, is_last=not following)
                out.write(cipher.decrypt(_nonce(prefix, number), chunk, extra))
                if not following:
                    break
                chunk, number = following, number + 1
    except InvalidTag:
        message = f"{source} cannot be decrypted: it was changed, or the key is another"
        raise errors.DataLossError(None, None, message) from None


def encrypt_folder(folder: Path, key: bytes) -> None:
    """Encrypt the files of a folder in place, but for those in `assets.extra`."""
    for path in _files(folder):
        scratch = path.with_name(path.name + ".encrypting")
        encrypt_file(path, scratch, path.relative_to(folder).as_posix(), key)
        scratch.replace(path)


def decrypt_folder(folder: Path, target: Path, key: bytes) -> None:
    """Write a folder decrypted.

    Raises:
        DataLossError: a file was changed; see `decrypt_file`.
    """
    import shutil

    extra = folder / _CLEAR
    if extra.is_dir():
        shutil.copytree(extra, target / _CLEAR)
    for path in _files(folder):
        name = path.relative_to(folder)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        decrypt_file(path, target / name, name.as_posix(), key)


def _files(folder: Path) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [p for p in found if not p.relative_to(folder).as_posix().startswith(_CLEAR)]


def _read_head(file: BinaryIO, source: Path) -> bytes:
    head = file.read(len(MAGIC) + _PREFIX)
    if len(head) != len(MAGIC) + _PREFIX or not head.startswith(MAGIC):
        raise errors.DataLossError(None, None, f"{source} is no encrypted file")
    return head[len(MAGIC) :]


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        message = f"encryption needs cryptography (pip install 'tidefall[registry]'): {error}"
        raise errors.FailedPreconditionError(None, None, message) from None
    return AESGCM(key)


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(4, "big")


def _extra(name: str, is_last: bool) -> bytes:
    return name.encode() + (b"\0last" if is_last else b"\0more")


def _no_key(path: Any, why: str) -> errors.InvalidArgumentError:
    message = f"key file {os.fspath(path)}: 32 bytes in base 64 were expected: {why}"
    return errors.InvalidArgumentError(None, None, message)
