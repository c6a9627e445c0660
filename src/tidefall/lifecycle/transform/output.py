"""`TFTransformOutput`: the output directory of a transform, read."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import missing
from tidefall.lifecycle.data_validation.protos import load_schema_text
from tidefall.lifecycle.transform.features import DatasetMetadata, schema_as_feature_spec
from tidefall.lifecycle.transform.sources import Shard
from tidefall.lifecycle.transform.tracing import sanitized


class TFTransformOutput:
    """What a transform wrote: its graph, schemas and vocabularies.

    Args:
        transform_output_dir: the directory, ours or TensorFlow Transform's.

    Raises:
        NotFoundError: by its methods, where a file is not there.

    ```python
    output = tft.TFTransformOutput("transformed")
    features = output.transform_raw_features({"fare": tf.constant([12.5])})
    parsed = tf.io.parse_example(records, output.transformed_feature_spec())
    size = output.vocabulary_size_by_name("company")
    ```
    """

    TRANSFORMED_METADATA_DIR = "transformed_metadata"
    TRANSFORM_FN_DIR = "transform_fn"
    RAW_METADATA_DIR = "metadata"
    ASSET_MAP = "asset_map"
    PRE_TRANSFORM_FEATURE_STATS_PATH = os.path.join(
        "pre_transform_feature_stats", "FeatureStats.pb"
    )
    POST_TRANSFORM_FEATURE_STATS_PATH = os.path.join(
        "post_transform_feature_stats", "FeatureStats.pb"
    )

    def __init__(self, transform_output_dir: str):
        self._folder = os.fspath(transform_output_dir)
        self._metadata: dict[str, DatasetMetadata] = {}
        self._layer: Any = None

    def _read_metadata(self, name: str) -> DatasetMetadata:
        if name not in self._metadata:
            path = os.path.join(self._folder, name, "schema.pbtxt")
            self._metadata[name] = DatasetMetadata(load_schema_text(path))
        return self._metadata[name]

    @property
    def transformed_metadata(self) -> DatasetMetadata:
        """The metadata of what comes out."""
        return self._read_metadata(self.TRANSFORMED_METADATA_DIR)

    @property
    def raw_metadata(self) -> DatasetMetadata:
        """The metadata of what goes in."""
        return self._read_metadata(self.RAW_METADATA_DIR)

    @property
    def transform_savedmodel_dir(self) -> str:
        """Where the SavedModel is."""
        return os.path.join(self._folder, self.TRANSFORM_FN_DIR)

    @property
    def pre_transform_statistics_path(self) -> str:
        """Where statistics of what goes in may be."""
        return os.path.join(self._folder, self.PRE_TRANSFORM_FEATURE_STATS_PATH)

    @property
    def post_transform_statistics_path(self) -> str:
        """Where statistics of what comes out may be."""
        return os.path.join(self._folder, self.POST_TRANSFORM_FEATURE_STATS_PATH)

    def transformed_feature_spec(self) -> dict[str, Any]:
        """Return the features that come out, as `tf.io.parse_example` takes them."""
        return schema_as_feature_spec(self.transformed_metadata.schema).feature_spec

    def raw_feature_spec(self) -> dict[str, Any]:
        """Return the features that go in, as `tf.io.parse_example` takes them."""
        return schema_as_feature_spec(self.raw_metadata.schema).feature_spec

    def transformed_domains(self) -> dict[str, Any]:
        """Return the domains of the features that come out, of those that have one."""
        return schema_as_feature_spec(self.transformed_metadata.schema).domains

    def raw_domains(self) -> dict[str, Any]:
        """Return the domains of the features that go in, of those that have one."""
        return schema_as_feature_spec(self.raw_metadata.schema).domains

    def num_buckets_for_transformed_feature(self, name: str) -> int:
        """Return how many categories a feature has.

        Raises:
            ValueError: it has no range of integers from 0.
        """
        domain = self.transformed_domains().get(name)
        if domain is None or domain.DESCRIPTOR.name != "IntDomain":
            raise ValueError(f"feature {name!r} has no range of integers: {domain}")
        if domain.min != 0:
            raise ValueError(f"the numbers of feature {name!r} begin at {domain.min}, not at 0")
        return int(domain.max) + 1

    def vocabulary_file_by_name(self, vocab_filename: str) -> str | None:
        """Return where the file of a vocabulary is, or None if there is none of the name.

        Args:
            vocab_filename: as it was given to `vocabulary`, or the key of `annotate_asset`.
        """
        assets = os.path.join(self.transform_savedmodel_dir, "assets")
        names = [sanitized(vocab_filename), f"{sanitized(vocab_filename)}.tfrecord.gz"]
        try:
            path = os.path.join(self._folder, self.TRANSFORMED_METADATA_DIR, self.ASSET_MAP)
            with open(path, "rb") as file:
                mapped = json.load(file).get(vocab_filename)
        except FileNotFoundError:
            mapped = None
        for name in [mapped, *names]:
            if name and os.path.exists(os.path.join(assets, name)):
                return os.path.join(assets, name)
        return None

    def _vocabulary(self, vocab_filename: str) -> str:
        path = self.vocabulary_file_by_name(vocab_filename)
        if path is None:
            raise ValueError(f"{self._folder} has no vocabulary {vocab_filename!r}")
        return path

    def vocabulary_size_by_name(self, vocab_filename: str) -> int:
        """Return how many entries a vocabulary has.

        Raises:
            ValueError: there is none of the name.
        """
        return len(self.vocabulary_by_name(vocab_filename))

    def vocabulary_by_name(self, vocab_filename: str) -> list[bytes]:
        """Return the entries of a vocabulary, with their frequencies if it has them.

        Raises:
            ValueError: there is none of the name.
        """
        path = self._vocabulary(vocab_filename)
        if path.endswith(".tfrecord.gz"):
            records = tf.data.TFRecordDataset(path, compression_type="GZIP")
            return [record.numpy() for record in records]
        with open(path, "rb") as file:
            return [line.rstrip(b"\n") for line in file]

    def transform_features_layer(self) -> Any:
        """Return the graph as a Keras layer; always the same one."""
        if self._layer is None:
            from tidefall.lifecycle.transform.layer import TransformFeaturesLayer

            self._layer = TransformFeaturesLayer(self)
        return self._layer

    def transform_raw_features(
        self, raw_features: Mapping[str, Any], drop_unused_features: bool = True
    ) -> dict[str, Any]:
        """Return the features that come of raw ones.

        Args:
            raw_features: tensors by name. Features may be missing, as labels are in serving: what
                depends on them is left out.
            drop_unused_features: as it always is.

        Returns:
            Tensors by name. `pop` of a name that is not there gives None.
        """
        del drop_unused_features
        if not os.path.isdir(self.transform_savedmodel_dir):
            raise missing(f"{self.transform_savedmodel_dir} is not there")
        return TransformedFeatures(self.transform_features_layer()(dict(raw_features)))

    def load_transform_graph(self) -> None:
        """Load the graph, so that it is there before it is used."""
        self.transform_features_layer()


class TransformedFeatures(dict):  # type: ignore[type-arg]
    """Features by name; `pop` of one that is not there gives None."""

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove a feature and return it, or the default."""
        return super().pop(key, default)


def transformed_batches(
    output: TFTransformOutput, shards: Iterable[Shard]
) -> Iterator[dict[str, Any]]:
    """Yield the features of all batches of shards, in order; some are made ahead, by all cores."""
    output.load_transform_graph()
    workers = os.cpu_count() or 1
    going_on: deque[Future[dict[str, Any]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="tidefall-transform")
    try:
        for shard in shards:
            for batch in shard.features():
                going_on.append(pool.submit(output.transform_raw_features, batch))
                if len(going_on) > workers:
                    yield dict(going_on.popleft().result())
        while going_on:
            yield dict(going_on.popleft().result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
