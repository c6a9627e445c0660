"""When a version directory may be loaded: it is whole, and was not found broken before."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass

from tidefall.serving.models.versions import MODEL_FILES, SERVED_FILES, Fingerprint

_SHARD = re.compile(r"(variables/variables\.data-)(\d{5})-of-(\d{5})")
_MAX_SHARDS = 10_000
# Exporters write these behind the file that makes a directory a SavedModel.
_WRITTEN_LAST = frozenset({*MODEL_FILES, "fingerprint.pb", "keras_metadata.pb"})


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a version was when it failed to load, and when to try it again."""

    files: Fingerprint
    attempts: int
    next_try: float


class Readiness:
    """Tells which version directories may be loaded now. Used by one thread at a time.

    A directory is whole when its model file and all parts of its variables are there, and nothing
    has been written after the model file for a while. So one that is renamed into place, or whose
    model file is written last, is loaded at once, and a copy in progress when it has come to rest.

    Args:
        settle_seconds: how long the files must stay the same where some are newer than the model.
        retries: how often to try a version again that failed to load, its files unchanged.
        retry_seconds: the pause before each of those.
    """

    def __init__(self, settle_seconds: float, retries: int, retry_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._retries = retries
        self._retry_seconds = retry_seconds
        self._seen: dict[int, tuple[Fingerprint, float]] = {}
        self._failures: dict[int, _Failure] = {}

    def waits_for(self, version: int, files: Fingerprint) -> str:
        """What a version still lacks, in words; "" where it is whole."""
        return _missing(files) or self._unsettled(version, files)

    def is_broken(self, version: int, files: Fingerprint) -> bool:
        """Whether it failed to load, and nothing has changed that would make it worth another try.

        Of the tries that its unchanged files are worth, one is taken when this returns False.
        """
        failure = self._failures.get(version)
        if failure is None or failure.files != files:
            return False
        return failure.attempts > self._retries or time.monotonic() < failure.next_try

    def failed(self, version: int, files: Fingerprint, counts: bool = True) -> int:
        """Notes that a version failed to load; returns how many tries are left to it.

        Args:
            version: the version.
            files: what it was then.
            counts: whether it was the version's fault; or else it keeps the tries it has.
        """
        before = self._failures.get(version)
        attempts = before.attempts if before is not None and before.files == files else 0
        next_try = time.monotonic() + max(0.0, self._retry_seconds)
        self._failures[version] = _Failure(files, attempts + counts, next_try)
        return max(0, self._retries + 1 - attempts - counts)

    def forget(self, version: int) -> None:
        """Drops what is known of a version: it was loaded, or its directory is gone."""
        self._failures.pop(version, None)
        self._seen.pop(version, None)

    def keep_only(self, versions: Collection[int]) -> None:
        """Drops what is known of all other versions."""
        for version in (self._failures.keys() | self._seen.keys()) - set(versions):
            self.forget(version)

    def will_change(self) -> bool:
        """Whether time alone may make a version loadable: it settles, or is due to be tried."""
        pending = any(failure.attempts <= self._retries for failure in self._failures.values())
        return pending or bool(self._seen)

    def _unsettled(self, version: int, files: Fingerprint) -> str:
        model_file = max(file.changed for file in files if file.name in SERVED_FILES)
        later = [f for f in files if f.changed > model_file and f.name not in _WRITTEN_LAST]
        if not later or self._is_at_rest(version, files):
            self._seen.pop(version, None)
            return ""
        newest = max(later, key=lambda file: file.changed)
        return f"waiting for {newest.name} and the other files to stay unchanged"

    def _is_at_rest(self, version: int, files: Fingerprint) -> bool:
        """Whether the files are old, or at rest by this clock where theirs is ahead."""
        age = time.time() - max(file.changed for file in files) / 1e9
        if age >= self._settle_seconds:
            return True
        seen, since = self._seen.get(version, (None, 0.0))
        now = time.monotonic()
        if seen != files:
            self._seen[version] = (files, now)
            return False
        return now - since >= self._settle_seconds


def _missing(files: Fingerprint) -> str:
    names = {file.name for file in files}
    if not names.intersection(SERVED_FILES):
        return f"waiting for {' or '.join(MODEL_FILES)}"
    for name in sorted(names):
        shard = _SHARD.fullmatch(name)
        if shard is None:
            continue
        count = min(int(shard[3]), _MAX_SHARDS)
        wanted = [f"{shard[1]}{number:05d}-of-{shard[3]}" for number in range(count)]
        absent = [part for part in [*wanted, "variables/variables.index"] if part not in names]
        if absent:
            return f"waiting for {absent[0]}"
    return ""
