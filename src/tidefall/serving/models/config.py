"""What a server is told about its models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidefall.base import errors
from tidefall.io.file_systems.open_file import is_remote
from tidefall.io.file_systems.paths import local_path
from tidefall.serving.models.policies import Latest, VersionPolicy

Location = Path | str
"""A folder on this machine, or the URL of one elsewhere (`gs://bucket/model`)."""


def location(path: str | os.PathLike[str]) -> Location:
    """A path as the server keeps it: URLs of other file systems unchanged, `file://` as a path.

    >>> location("gs://bucket/model"), location("file:///models/digits").name
    ('gs://bucket/model', 'digits')
    """
    return str(path).rstrip("/") if is_remote(path) else Path(local_path(path))


@dataclass(frozen=True, slots=True)
class Recording:
    """Which requests are recorded, and where.

    Args:
        filename_prefix: records go to the file of this name with `.tfrecord` behind it.
        sampling_rate: how many of the requests, 0 to 1, drawn at random.
    """

    filename_prefix: str
    sampling_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What to serve under a name.

    Args:
        name: the model's name in requests.
        base_path: the folder around the numbered version directories; a path or a URL.
        version_policy: which versions to serve.
        version_labels: names for versions, such as {"stable": 3, "canary": 4}.
        recording: whether and where requests are recorded; as the server's flags say for None.
    """

    name: str
    base_path: Location
    version_policy: VersionPolicy = field(default_factory=Latest)
    version_labels: Mapping[str, int] = field(default_factory=dict[str, int])
    recording: Recording | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_path", location(self.base_path))


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How models are loaded and unloaded, whatever they are.

    Args:
        retries: how often a version that failed to load is tried again, its files unchanged.
        retry_seconds: the pause before each of those.
        load_threads: how many models may be loading at a time; 0 for as many as want to, up to 16.
        unload_threads: how many versions may be unloading at a time; 0 for one.
        settle_seconds: how long the files of a version that is being copied must stay the same
            before it is loaded.
        memory_limit: bytes that all loaded versions may take together; None for what the container
            or machine has.
        cache_folder: where copies of remote versions are kept while they are loaded; "" for the
            system's place for temporary files.
        labels_may_wait: whether a label that is new may name a version that is not available yet.
    """

    retries: int = 5
    retry_seconds: float = 60.0
    load_threads: int = 0
    unload_threads: int = 0
    settle_seconds: float = 1.0
    memory_limit: int | None = None
    cache_folder: str = ""
    labels_may_wait: bool = False


def by_name(configs: Iterable[ModelConfig]) -> dict[str, ModelConfig]:
    """The configurations by model name.

    Raises:
        InvalidArgumentError: two have the same name, or one has none.
    """
    found: dict[str, ModelConfig] = {}
    for config in configs:
        if not config.name:
            message = f"a model needs a name; the one in {config.base_path} has none"
            raise errors.InvalidArgumentError(None, None, message)
        if config.name in found:
            message = f"Illegal to list model {config.name} multiple times in config list"
            raise errors.InvalidArgumentError(None, None, message)
        found[config.name] = config
    return found
