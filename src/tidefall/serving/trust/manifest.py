"""The manifest of a version: what it is, and the SHA-256 of every file of it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.base.type_guards import is_dict
from tidefall.serving.trust.keys import Signer, Verifier

MANIFEST = "assets.extra/manifest.json"
SIGNATURE = "assets.extra/manifest.sig"
AUDIT_LOG = "audit.jsonl"


def hash_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return `sha256` and `size` of every file below a folder but the manifest and its signature.

    Raises:
        InvalidArgumentError: something in it is neither a file nor a folder; a link may lead to
            what changes later.
        NotFoundError: it cannot be read.
    """
    found: dict[str, dict[str, Any]] = {}
    for parent, folders, names in os.walk(folder, onerror=_raise):
        for name in [*folders, *names]:
            path = Path(parent) / name
            mode = path.lstat().st_mode
            below = path.relative_to(folder).as_posix()
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                message = f"{path} is neither a file nor a folder, and cannot be part of a version"
                raise errors.InvalidArgumentError(None, None, message)
            if stat.S_ISREG(mode) and below not in (MANIFEST, SIGNATURE):
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    found[below] = {"sha256": digest, "size": file.tell()}
    return dict(sorted(found.items()))


def _raise(error: OSError) -> None:
    raise errors.NotFoundError(None, None, f"cannot read {error.filename}: {error.strerror}")


def encode(manifest: dict[str, Any]) -> bytes:
    """Return the bytes of a manifest, which are what is signed."""
    return json.dumps(manifest, sort_keys=True, indent=1).encode() + b"\n"


def digest(data: bytes) -> str:
    """Return the SHA-256 of a manifest, which the audit log holds."""
    return hashlib.sha256(data).hexdigest()


def sign(data: bytes, signer: Signer) -> bytes:
    """Return the content of the signature file of a manifest."""
    return json.dumps(signer.sign(data)).encode() + b"\n"


def check_version(
    folder: Path, verifier: Verifier | None = None, model: str = "", version: int = 0
) -> dict[str, Any]:
    """Return the manifest of a version's folder, once all of it was found to be as it says.

    Args:
        folder: the version's folder.
        verifier: the keys one of which must have signed it; None to compare contents alone.
        model: the model's name, or "" for any.
        version: its number, or 0 for any.

    Raises:
        FailedPreconditionError: there is no manifest or, with keys, no signature.
        DataLossError: a file was changed, removed or put in; it is named.
        PermissionDeniedError: the key that signed it is not trusted.
    """
    data = _read(folder, MANIFEST)
    if verifier is not None:
        try:
            signed = json.loads(_read(folder, SIGNATURE))
        except ValueError:
            signed = None
        verifier.check(signed, data, str(folder / MANIFEST))
    manifest = _parse(folder / MANIFEST, data)
    for field, expected in (("model", model), ("version", version)):
        if expected and manifest[field] != expected:
            message = (
                f"{folder / MANIFEST} is of {field} {manifest[field]!r}, and stands where "
                f"{expected!r} was expected"
            )
            raise errors.DataLossError(None, None, message)
    _compare(folder, manifest["files"])
    return manifest


def _compare(folder: Path, listed: dict[str, Any]) -> None:
    found = hash_files(folder)
    for name in sorted(set(listed) | set(found)):
        if name not in found:
            what = "is missing"
        elif name not in listed:
            what = "is not part of the version, and was put in later"
        elif listed[name] != found[name]:
            what = "was changed after the version was registered"
        else:
            continue
        raise errors.DataLossError(None, None, f"{folder / name} {what}")


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        message = (
            f"{folder / name} cannot be read ({error.strerror}); only versions that the registry "
            "wrote and signed are trusted"
        )
        raise errors.FailedPreconditionError(None, None, message) from None


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except ValueError:
        manifest = None
    if (
        not is_dict(manifest)
        or manifest.get("format") != 1
        or not is_dict(manifest.get("files"))
        or not isinstance(manifest.get("model"), str)
        or not isinstance(manifest.get("version"), int)
    ):
        raise errors.DataLossError(None, None, f"{path} is no manifest of format 1")
    return manifest


def check_audited(folder: Path, data: bytes, log: Path, verifier: Verifier | None) -> None:
    """Raise unless an audit log is whole, and tells of the version's registration.

    Args:
        folder: the version's folder.
        data: its manifest's bytes.
        log: the audit log.
        verifier: keys, one of which must have signed the log's last entry; None to check the
            chain alone.

    Raises:
        DataLossError: an entry was changed, removed or put in, or this version's is not there.
    """
    from tidefall.serving.rollout.audit import audit_entries, check_audit

    if not log.is_file():
        raise errors.DataLossError(None, None, f"audit log {log} is missing")
    check_audit(log, verifier)
    wanted = digest(data)
    found = 0
    for entry in audit_entries(log):
        details = entry.get("details")
        if not is_dict(details):
            continue
        if details.get("manifest") == wanted:
            found = entry["sequence"]
        elif entry["action"] == "abandoned" and details.get("after", 0) < found:
            found = 0  # The registration was cut short.
    if found:
        return
    message = f"audit log {log} tells nothing of the version in {folder}"
    raise errors.DataLossError(None, None, message)
