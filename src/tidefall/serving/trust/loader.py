"""What the server does before it loads a version: check it, and decrypt it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from tidefall.base import errors
from tidefall.serving.models.servable import Loader, Servable
from tidefall.serving.trust.encryption import decrypt_folder, read_key
from tidefall.serving.trust.keys import Verifier
from tidefall.serving.trust.manifest import AUDIT_LOG, MANIFEST, check_audited, check_version


class TrustedLoader:
    """Loads only versions that a trusted key signed, and that are as they were then.

    A version that the registry audits is looked up in the registry's log as well, which lies two
    folders above the model's.

    Args:
        load: loads a version's folder.
        keys: a PEM file with the trusted public keys; "" to load what is not signed, too.
        decryption_key: a file with the key of encrypted versions; "" if there are none.

    Raises:
        InvalidArgumentError: a key file holds no keys.
    """

    def __init__(self, load: Loader, keys: str = "", decryption_key: str = "") -> None:
        self._load = load
        self._verifier = Verifier.from_file(keys) if keys else None
        self._key = read_key(decryption_key) if decryption_key else None

    def __call__(self, path: Path) -> Servable:
        """Return the loaded version.

        Raises:
            OpError: it is not to be trusted; the file is named.
        """
        version = int(path.name) if path.name.isdecimal() else 0
        if self._verifier is None and not (path / MANIFEST).is_file():
            return self._load(path)
        manifest = check_version(path, self._verifier, version=version)
        if manifest.get("audited"):
            log = path.absolute().parents[2] / AUDIT_LOG
            check_audited(path, (path / MANIFEST).read_bytes(), log, self._verifier)
        if not manifest.get("encrypted"):
            return self._load(path)
        return self._load_encrypted(path)

    def _load_encrypted(self, path: Path) -> Servable:
        if self._key is None:
            message = f"{path} is encrypted; name the key with --model_decryption_key_file"
            raise errors.FailedPreconditionError(None, None, message)
        memory = "/dev/shm"
        place = memory if os.access(memory, os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="tidefall-clear-", dir=place))
        try:
            decrypt_folder(path, folder / path.name, self._key)
            servable = self._load(folder / path.name)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(servable, shutil.rmtree, folder, ignore_errors=True)
        return servable
