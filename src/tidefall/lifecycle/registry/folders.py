"""The folders of versions: copied, filled, encrypted, signed, and never changed after that."""

from __future__ import annotations

import shutil
from pathlib import Path

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.places import disk_error
from tidefall.lifecycle.registry import card as cards
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.registry.records import ModelVersion
from tidefall.serving.models.versions import SERVED_FILES
from tidefall.serving.trust import manifest as manifests
from tidefall.serving.trust.encryption import encrypt_folder
from tidefall.serving.trust.keys import Signer, Verifier


def copy_model(source: Path, staged: Path) -> None:
    """Copy a SavedModel to where it becomes a version.

    Raises:
        ResourceExhaustedError: the disk is full.
        OpError: it holds links or pipes, or cannot be read.
    """
    try:
        shutil.copytree(source, staged, copy_function=shutil.copyfile, symlinks=True)
        for below in (staged, *staged.rglob("*")):
            if below.is_dir() and not below.is_symlink():
                below.chmod(0o755)  # The source's may be read-only.
    except (OSError, shutil.Error) as error:
        raise _copy_error(source, error) from None
    manifests.hash_files(staged)  # Links and pipes are refused before a number is taken.


class FolderWriter:
    """Makes a copied model a version's folder.

    Args:
        database: the registry's; runs are in it.
        user: who registers.
        signer: signs manifests; may be None.
        encryption_key: encrypts the files; may be None.
    """

    def __init__(
        self, database: Database, user: str, signer: Signer | None, encryption_key: bytes | None
    ):
        self._database, self._user = database, user
        self._signer, self._encryption_key = signer, encryption_key

    def finish(
        self,
        folder: Path,
        name: str,
        number: int,
        run_id: str,
        description: str,
        card: ModelCard | None,
    ) -> str:
        """Card, encryption, manifest and signature; returns the manifest's hash."""
        filled = ModelCard(**card.__dict__) if card else ModelCard(overview=description)
        filled.name, filled.version, filled.tables = name, number, dict(filled.tables)
        cards.fill_from_folder(filled, folder)
        if run_id:
            self._fill_from_run(filled, run_id)
        try:
            filled.write(folder / "assets.extra")
            if self._encryption_key is not None:
                encrypt_folder(folder, self._encryption_key)
            data = manifests.encode(
                {
                    "format": 1,
                    "model": name,
                    "version": number,
                    "registered_by": self._user,
                    "run_id": run_id,
                    "audited": True,
                    "encrypted": self._encryption_key is not None,
                    "files": manifests.hash_files(folder),
                }
            )
            (folder / manifests.MANIFEST).write_bytes(data)
            if self._signer is not None:
                (folder / manifests.SIGNATURE).write_bytes(manifests.sign(data, self._signer))
            _make_read_only(folder)
        except OSError as error:
            raise disk_error(folder, error) from None
        return manifests.digest(data)

    def _fill_from_run(self, card: ModelCard, run_id: str) -> None:
        from tidefall.lifecycle.track.records import Records

        run = Records(self._database).run(run_id)
        card.add("Parameters", sorted(run.params.items()))
        metrics = sorted(run.metrics.values())
        card.add("Metrics", [(m.name, f"{m.value:.6g} (step {m.step})") for m in metrics])
        known = ("git_commit", "git_dirty", "python", "seed")
        names = [f"tidefall.{name}" for name in known]
        rows = [(n, run.tags[k]) for n, k in zip(known, names, strict=True) if k in run.tags]
        card.add("Made by", [("run", run_id), *rows])


def check_folder(path: Path, version: ModelVersion, verifier: Verifier | None) -> None:
    """Check that the folder of a version is what was registered.

    Raises:
        OpError: a file, the manifest or its signature is another one.
    """
    manifests.check_version(path, verifier, version.model, version.number)
    data = (path / manifests.MANIFEST).read_bytes()
    if manifests.digest(data) != version.manifest:
        message = f"{path / manifests.MANIFEST} is not the one that was registered"
        raise errors.DataLossError(None, None, message)


def _copy_error(source: Path, error: OSError) -> errors.OpError:
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        text = str(error.args[0][0][2])
        kind = errors.ResourceExhaustedError if "No space" in text else errors.UnavailableError
        return kind(None, None, f"cannot copy {source}: {text}")
    return disk_error(source, error)


def put_in_place(staged: Path, place: Path) -> None:
    """Put a folder in its place. What a killed process left there is no version, and goes."""
    if place.exists():
        remove_folder(place)
    try:
        staged.rename(place)
    except OSError as error:
        raise disk_error(place, error) from None


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def _make_read_only(folder: Path) -> None:
    # The model's file last: a server waits while others are younger, as they are in a copy.
    for path in sorted(folder.rglob("*"), key=lambda path: path.name in SERVED_FILES):
        if path.is_file():
            path.chmod(0o444)
