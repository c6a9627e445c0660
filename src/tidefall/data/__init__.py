"""`tf.data`: input pipelines.

A `Dataset` is a variant tensor made by an op (`dataset.py`); the value of that tensor is a node,
which makes iterators over raw elements (`node.py`). Each source and transformation is one file
with its node, its op and its method of `Dataset`.
"""

import tidefall.data.at
import tidefall.data.auto_shard
import tidefall.data.batch
import tidefall.data.bucket_by_sequence_length
import tidefall.data.cache
import tidefall.data.cardinality
import tidefall.data.concatenate
import tidefall.data.copy_to_device
import tidefall.data.csv_dataset
import tidefall.data.csv_files
import tidefall.data.dataset_graph
import tidefall.data.directed_interleave
import tidefall.data.example_files
import tidefall.data.experimental_names
import tidefall.data.explain
import tidefall.data.file_sources
import tidefall.data.filter
import tidefall.data.fingerprint
import tidefall.data.fixed_length_record
import tidefall.data.flat_map
import tidefall.data.generator
import tidefall.data.global_shuffle
import tidefall.data.group_by_reducer
import tidefall.data.group_by_window
import tidefall.data.ignore_errors
import tidefall.data.interleave
import tidefall.data.iterator
import tidefall.data.iterator_handles
import tidefall.data.list_files
import tidefall.data.lookup_tables
import tidefall.data.map
import tidefall.data.map_and_batch
import tidefall.data.numpy_iterator
import tidefall.data.old_ops
import tidefall.data.old_stages
import tidefall.data.pad_to_cardinality
import tidefall.data.padded_batch
import tidefall.data.parallel_interleave
import tidefall.data.parse_example_dataset
import tidefall.data.prefetch
import tidefall.data.profile
import tidefall.data.ragged_batch
import tidefall.data.random
import tidefall.data.range
import tidefall.data.rebatch
import tidefall.data.record_files
import tidefall.data.reduce
import tidefall.data.rejection_resample
import tidefall.data.repeat
import tidefall.data.sample_from_datasets
import tidefall.data.save
import tidefall.data.scan
import tidefall.data.shard
import tidefall.data.shuffle
import tidefall.data.single_element
import tidefall.data.slices
import tidefall.data.snapshot
import tidefall.data.snapshot_readers
import tidefall.data.sparse_batch
import tidefall.data.sql_dataset
import tidefall.data.take
import tidefall.data.take_while
import tidefall.data.tensors
import tidefall.data.text_line
import tidefall.data.tfrecord_dataset
import tidefall.data.unbatch
import tidefall.data.unique
import tidefall.data.window
import tidefall.data.with_options
import tidefall.data.zip  # noqa: F401
from tidefall import surface

__getattr__, __dir__ = surface.attach("data")
