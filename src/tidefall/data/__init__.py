"""`tf.data`: input pipelines.

A `Dataset` is a variant tensor made by an op (`dataset.py`); the value of that tensor is a node,
which makes iterators over raw elements (`engine/node.py`). Each source and transformation is one
file with its node, its op and its method of `Dataset`. Files, arrays and generators enter
(`sources/`), elements leave; `state/` writes down where an iterator stands, `report/` tells how a
pipeline runs. Read `engine/node.py` first, then `transformations/take.py`.
"""

import tidefall.data.at
import tidefall.data.auto_shard
import tidefall.data.engine.iterator
import tidefall.data.engine.iterator_handles
import tidefall.data.engine.numpy_iterator
import tidefall.data.experimental_names
import tidefall.data.lookup_tables
import tidefall.data.old_ops
import tidefall.data.report.cardinality
import tidefall.data.report.dataset_graph
import tidefall.data.report.dataset_to_graph
import tidefall.data.report.explain
import tidefall.data.report.fingerprint
import tidefall.data.report.profile
import tidefall.data.service.configs
import tidefall.data.service.distribute
import tidefall.data.service.servers
import tidefall.data.sources.csv_dataset
import tidefall.data.sources.csv_files
import tidefall.data.sources.example_files
import tidefall.data.sources.file_sources
import tidefall.data.sources.fixed_length_record
import tidefall.data.sources.generator
import tidefall.data.sources.list_files
import tidefall.data.sources.random
import tidefall.data.sources.range
import tidefall.data.sources.record_files
import tidefall.data.sources.slices
import tidefall.data.sources.sql_dataset
import tidefall.data.sources.tensors
import tidefall.data.sources.text_line
import tidefall.data.sources.tfrecord_dataset
import tidefall.data.state.save
import tidefall.data.transformations.batching.batch
import tidefall.data.transformations.batching.bucket_by_sequence_length
import tidefall.data.transformations.batching.map_and_batch
import tidefall.data.transformations.batching.pad_to_cardinality
import tidefall.data.transformations.batching.padded_batch
import tidefall.data.transformations.batching.ragged_batch
import tidefall.data.transformations.batching.rebatch
import tidefall.data.transformations.batching.sparse_batch
import tidefall.data.transformations.batching.unbatch
import tidefall.data.transformations.batching.window
import tidefall.data.transformations.cache
import tidefall.data.transformations.combining.concatenate
import tidefall.data.transformations.combining.directed_interleave
import tidefall.data.transformations.combining.flat_map
import tidefall.data.transformations.combining.interleave
import tidefall.data.transformations.combining.parallel_interleave
import tidefall.data.transformations.combining.sample_from_datasets
import tidefall.data.transformations.combining.zip
import tidefall.data.transformations.copy_to_device
import tidefall.data.transformations.filter
import tidefall.data.transformations.global_shuffle
import tidefall.data.transformations.group_by_reducer
import tidefall.data.transformations.group_by_window
import tidefall.data.transformations.ignore_errors
import tidefall.data.transformations.map
import tidefall.data.transformations.old_stages
import tidefall.data.transformations.parse_example_dataset
import tidefall.data.transformations.prefetch
import tidefall.data.transformations.reduce
import tidefall.data.transformations.rejection_resample
import tidefall.data.transformations.repeat
import tidefall.data.transformations.scan
import tidefall.data.transformations.shard
import tidefall.data.transformations.shuffle
import tidefall.data.transformations.single_element
import tidefall.data.transformations.snapshot
import tidefall.data.transformations.snapshot_readers
import tidefall.data.transformations.take
import tidefall.data.transformations.take_while
import tidefall.data.transformations.unique
import tidefall.data.transformations.validate
import tidefall.data.transformations.with_options  # noqa: F401
from tidefall import surface

__getattr__, __dir__ = surface.attach("data")
