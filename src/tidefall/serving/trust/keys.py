"""Ed25519 keys in PEM files, by the package `cryptography` (extra `registry`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors

_END = b"-----END PUBLIC KEY-----"


def _cryptography(module: str) -> Any:
    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError as error:
        message = (
            f"signing and encryption need the package cryptography "
            f"(pip install 'tidefall[registry]'): {error}"
        )
        raise errors.FailedPreconditionError(None, None, message) from None


def new_key(private: str | os.PathLike[str], public: str | os.PathLike[str]) -> str:
    """Make a pair of keys; returns the id of the public one.

    Args:
        private: the file to write the private key to, readable by its owner alone.
        public: the file to write the public key to.

    Raises:
        AlreadyExistsError: one of the files is there.
    """
    ed25519 = _cryptography("hazmat.primitives.asymmetric.ed25519")
    s = _cryptography("hazmat.primitives.serialization")
    key = ed25519.Ed25519PrivateKey.generate()
    text = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    shown = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
    for path, data, mode in ((Path(private), text, 0o600), (Path(public), shown, 0o644)):
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            message = f"key file {path} is there already; keys are not written over"
            raise errors.AlreadyExistsError(None, None, message) from None
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
    return _key_id(key.public_key())


def _key_id(public: Any) -> str:
    s = _cryptography("hazmat.primitives.serialization")
    raw = public.public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


class Signer:
    """A private key.

    Args:
        path: a PEM file with an Ed25519 private key.

    Raises:
        InvalidArgumentError: it is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        ed25519 = _cryptography("hazmat.primitives.asymmetric.ed25519")
        serialization = _cryptography("hazmat.primitives.serialization")
        try:
            key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise _no_key(path, "private", error) from None
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise _no_key(path, "private", f"it is a {type(key).__name__}")
        self._key = key
        self.key_id = _key_id(key.public_key())

    def sign(self, data: bytes) -> dict[str, str]:
        """Return a signature: `key` and `signature`, in base 64."""
        return {"key": self.key_id, "signature": base64.b64encode(self._key.sign(data)).decode()}

    def verifier(self) -> Verifier:
        """Return what checks the signatures of this key."""
        return Verifier({self.key_id: self._key.public_key()})


class Verifier:
    """Public keys that are trusted.

    Args:
        keys: them, by id.
    """

    def __init__(self, keys: Mapping[str, Any]) -> None:
        self._keys = keys

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Verifier:
        """Return the keys in a PEM file, one after the other.

        Raises:
            InvalidArgumentError: it holds no Ed25519 public key, or something else.
        """
        ed25519 = _cryptography("hazmat.primitives.asymmetric.ed25519")
        serialization = _cryptography("hazmat.primitives.serialization")
        keys: dict[str, Any] = {}
        try:
            *blocks, rest = Path(path).read_bytes().split(_END)
            if rest.strip():
                raise ValueError("something stands after the last key")
            for block in blocks:
                key = serialization.load_pem_public_key(block + _END)
                if not isinstance(key, ed25519.Ed25519PublicKey):
                    raise ValueError(f"it holds a {type(key).__name__}")
                keys[_key_id(key)] = key
        except (OSError, ValueError) as error:
            raise _no_key(path, "public", error) from None
        if not keys:
            raise _no_key(path, "public", "it holds none")
        return cls(keys)

    def check(self, signed: Any, data: bytes, file: str) -> None:
        """Raise unless data is signed by one of the keys.

        Args:
            signed: what `Signer.sign` returned, as read from somewhere.
            data: what was signed.
            file: what to call it.

        Raises:
            DataLossError: the signature is no signature, or is not of this data.
            PermissionDeniedError: the key is not among those trusted.
        """
        from cryptography.exceptions import InvalidSignature

        try:
            key_id, signature = str(signed["key"]), base64.b64decode(signed["signature"])
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise errors.DataLossError(
                None, None, f"{file}: its signature cannot be read"
            ) from None
        key = self._keys.get(key_id)
        if key is None:
            message = (
                f"{file} is signed by key {key_id}, which is not trusted ({[*self._keys]} are)"
            )
            raise errors.PermissionDeniedError(None, None, message)
        try:
            key.verify(signature, data)
        except InvalidSignature:
            message = f"{file} was changed after it was signed by key {key_id}"
            raise errors.DataLossError(None, None, message) from None


def _no_key(path: Any, kind: str, why: object) -> errors.InvalidArgumentError:
    message = (
        f"key file {os.fspath(path)}: a PEM file with an Ed25519 {kind} key was expected: {why}"
    )
    return errors.InvalidArgumentError(None, None, message)
