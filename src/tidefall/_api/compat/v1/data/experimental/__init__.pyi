# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.data.experimental`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.data.experimental import service as service
from tidefall._api.data import ThreadingOptions as ThreadingOptions
from tidefall._api.data.experimental import AutoShardPolicy as AutoShardPolicy
from tidefall._api.data.experimental import AutotuneAlgorithm as AutotuneAlgorithm
from tidefall._api.data.experimental import AutotuneOptions as AutotuneOptions
from tidefall._api.data.experimental import DatasetInitializer as DatasetInitializer
from tidefall._api.data.experimental import DistributeOptions as DistributeOptions
from tidefall._api.data.experimental import ExternalStatePolicy as ExternalStatePolicy
from tidefall._api.data.experimental import OptimizationOptions as OptimizationOptions
from tidefall._api.data.experimental import Optional as Optional
from tidefall._api.data.experimental import Reducer as Reducer
from tidefall._api.data.experimental import ServiceOptions as ServiceOptions
from tidefall._api.data.experimental import TFRecordWriter as TFRecordWriter
from tidefall._api.data.experimental import WorkerProcesses as WorkerProcesses
from tidefall._api.data.experimental import assert_cardinality as assert_cardinality
from tidefall._api.data.experimental import at as at
from tidefall._api.data.experimental import bucket_by_sequence_length as bucket_by_sequence_length
from tidefall._api.data.experimental import cardinality as cardinality
from tidefall._api.data.experimental import copy_to_device as copy_to_device
from tidefall._api.data.experimental import dense_to_ragged_batch as dense_to_ragged_batch
from tidefall._api.data.experimental import dense_to_sparse_batch as dense_to_sparse_batch
from tidefall._api.data.experimental import distributed_save as distributed_save
from tidefall._api.data.experimental import enable_debug_mode as enable_debug_mode
from tidefall._api.data.experimental import enumerate_dataset as enumerate_dataset
from tidefall._api.data.experimental import from_list as from_list
from tidefall._api.data.experimental import from_variant as from_variant
from tidefall._api.data.experimental import get_next_as_optional as get_next_as_optional
from tidefall._api.data.experimental import get_single_element as get_single_element
from tidefall._api.data.experimental import get_structure as get_structure
from tidefall._api.data.experimental import group_by_reducer as group_by_reducer
from tidefall._api.data.experimental import group_by_window as group_by_window
from tidefall._api.data.experimental import ignore_errors as ignore_errors
from tidefall._api.data.experimental import index_table_from_dataset as index_table_from_dataset
from tidefall._api.data.experimental import load as load
from tidefall._api.data.experimental import make_saveable_from_iterator as make_saveable_from_iterator
from tidefall._api.data.experimental import map_and_batch as map_and_batch
from tidefall._api.data.experimental import pad_to_cardinality as pad_to_cardinality
from tidefall._api.data.experimental import parallel_interleave as parallel_interleave
from tidefall._api.data.experimental import parse_example_dataset as parse_example_dataset
from tidefall._api.data.experimental import prefetch_to_device as prefetch_to_device
from tidefall._api.data.experimental import rejection_resample as rejection_resample
from tidefall._api.data.experimental import save as save
from tidefall._api.data.experimental import scan as scan
from tidefall._api.data.experimental import shuffle_and_repeat as shuffle_and_repeat
from tidefall._api.data.experimental import snapshot as snapshot
from tidefall._api.data.experimental import table_from_dataset as table_from_dataset
from tidefall._api.data.experimental import take_while as take_while
from tidefall._api.data.experimental import to_variant as to_variant
from tidefall._api.data.experimental import unbatch as unbatch
from tidefall._api.data.experimental import unique as unique
from typing import Any

AUTOTUNE: int
def Counter(start: Any = 0, step: Any = 1, dtype: DTypeLike = tf.int64) -> tf.data.Dataset:
    """A dataset that counts without end; see `Dataset.counter`."""
class CsvDataset(tf.compat.v1.data.Dataset):
    """The records of CSV files (RFC 4180); an element is a tuple with a scalar for each column."""
    def __init__(self, filenames: Any, record_defaults: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, header: Any = False, field_delim: Any = ',', use_quote_delim: Any = True, na_value: Any = '', select_cols: Any = None, exclude_cols: Any = None) -> None: ...
DatasetStructure = tf.data.DatasetSpec
INFINITE_CARDINALITY: int
OptionalStructure = tf.OptionalSpec
class RandomDataset(tf.compat.v1.data.Dataset):
    """A dataset of pseudorandom numbers; see `Dataset.random`."""
    def __init__(self, seed: TensorLike | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None) -> None: ...
SHARD_HINT: int
class SqlDataset(tf.compat.v1.data.Dataset):
    """The rows that a database gives for a query."""
    def __init__(self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any) -> None: ...
Structure = tf.TypeSpec
UNKNOWN_CARDINALITY: int
def choose_from_datasets(datasets: Sequence[tf.data.Dataset], choice_dataset: tf.data.Dataset, stop_on_empty_dataset: bool = False) -> tf.data.Dataset:
    """Same as `Dataset.choose_from_datasets`, with another default."""
def make_batched_features_dataset(file_pattern: Any, batch_size: TensorLike, features: Any, reader: Any = None, label_key: Any = None, reader_args: Any = None, num_epochs: Any = None, shuffle: bool = True, shuffle_buffer_size: Any = 10000, shuffle_seed: Any = None, prefetch_buffer_size: Any = None, reader_num_threads: Any = None, parser_num_threads: Any = None, sloppy_ordering: bool = False, drop_final_batch: bool = False) -> tf.data.Dataset:
    """Batches of parsed `tf.train.Example` messages from files."""
def make_csv_dataset(file_pattern: Any, batch_size: int, column_names: Any = None, column_defaults: Any = None, label_name: str | None = None, select_columns: Any = None, field_delim: str = ',', use_quote_delim: bool = True, na_value: str = '', header: bool = True, num_epochs: int | None = None, shuffle: bool = True, shuffle_buffer_size: int = 10000, shuffle_seed: int | None = None, prefetch_buffer_size: int | None = None, num_parallel_reads: int | None = None, sloppy: bool = False, num_rows_for_inference: int | None = 100, compression_type: str | None = None, ignore_errors: bool = False, encoding: str = 'utf-8') -> tf.data.Dataset:
    """Batches of the records of CSV files: dicts of column names and vectors."""
def sample_from_datasets(datasets: Sequence[tf.data.Dataset], weights: Any = None, seed: TensorLike | None = None, stop_on_empty_dataset: bool = False) -> tf.data.Dataset:
    """Same as `Dataset.sample_from_datasets`."""
