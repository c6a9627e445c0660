# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.data.experimental`."""

from collections.abc import Callable
from collections.abc import Sequence
import enum
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import IteratorSaveable
from tidefall._api._types import OptionsBase
from tidefall._api._types import ShapeLike
from tidefall._api._types import TableInitializer
from tidefall._api._types import TensorLike
from tidefall._api.data import ThreadingOptions as ThreadingOptions
from tidefall._api.data.experimental import service as service
from typing import Any

AUTOTUNE: int
class AutoShardPolicy(enum.IntEnum):
    """How a dataset is split between workers."""
    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3
class AutotuneAlgorithm(enum.Enum):
    """How parallelism and buffer sizes are tuned."""
    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4
class AutotuneOptions(OptionsBase):
    """Options of autotuning: `enabled`, `cpu_budget`, `ram_budget` (bytes), ..."""
    enabled: bool | None
    cpu_budget: int | None
    ram_budget: int | None
    autotune_algorithm: tf.data.experimental.AutotuneAlgorithm | None
    initial_parallelism: int | None
    min_parallelism: int | None
def Counter(start: Any = 0, step: Any = 1, dtype: DTypeLike = tf.int64) -> tf.data.Dataset:
    """A dataset that counts without end; see `Dataset.counter`."""
class CsvDataset(tf.data.Dataset):
    """The records of CSV files (RFC 4180); an element is a tuple with a scalar for each column."""
    def __init__(self, filenames: Any, record_defaults: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, header: Any = False, field_delim: Any = ',', use_quote_delim: Any = True, na_value: Any = '', select_cols: Any = None, exclude_cols: Any = None) -> None: ...
class DatasetInitializer(TableInitializer):
    """Fills a table with the elements of a dataset."""
    dataset: tf.data.Dataset
    def __init__(self, dataset: tf.data.Dataset) -> None: ...
    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
    def initialize(self, table: Any) -> Any:
        """Fill a table."""
class DistributeOptions(OptionsBase):
    """Options of distribution: `auto_shard_policy` and `num_devices`."""
    auto_shard_policy: tf.data.experimental.AutoShardPolicy | None
    num_devices: int | None
class ExternalStatePolicy(enum.Enum):
    """What to do about state outside of a pipeline when the pipeline is saved."""
    WARN = 0
    IGNORE = 1
    FAIL = 2
INFINITE_CARDINALITY: int
class OptimizationOptions(OptionsBase):
    """Which rewrites of a pipeline are allowed; results are the same either way."""
    apply_default_optimizations: bool | None
    filter_fusion: bool | None
    map_and_batch_fusion: bool | None
    map_and_filter_fusion: bool | None
    map_fusion: bool | None
    map_parallelization: bool | None
    noop_elimination: bool | None
    parallel_batch: bool | None
    shuffle_and_repeat_fusion: bool | None
    filter_parallelization: bool | None
    inject_prefetch: bool | None
    seq_interleave_prefetch: bool | None
class Optional(tf.__internal__.CompositeTensor):
    """A value that may or may not be there."""
    def has_value(self, name: str | None = None) -> tf.Tensor:
        """A scalar bool tensor: whether there is a value."""
    def get_value(self, name: str | None = None) -> Any:
        """The value, in its own structure."""
    @property
    def element_spec(self) -> Any:
        """The type spec of the value."""
    @staticmethod
    def empty(element_spec: Any) -> tf.data.experimental.Optional:
        """An optional without a value."""
    @staticmethod
    def from_value(value: Any) -> tf.data.experimental.Optional:
        """An optional with a value."""
class RandomDataset(tf.data.Dataset):
    """A dataset of pseudorandom numbers; see `Dataset.random`."""
    def __init__(self, seed: TensorLike | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None) -> None: ...
class Reducer:
    """Three functions that combine elements with the same key."""
    def __init__(self, init_func: Callable[..., Any], reduce_func: Callable[..., Any], finalize_func: Callable[..., Any]) -> None: ...
    @property
    def init_func(self) -> Callable[..., Any]:
        """Makes the first state."""
    @property
    def reduce_func(self) -> Callable[..., Any]:
        """Makes the next state."""
    @property
    def finalize_func(self) -> Callable[..., Any]:
        """Makes the result."""
SHARD_HINT: int
class ServiceOptions(OptionsBase):
    """Options of the data service."""
    pinned: bool | None
class SqlDataset(tf.data.Dataset):
    """The rows that a database gives for a query."""
    def __init__(self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any) -> None: ...
class TFRecordWriter:
    """Writes datasets of strings to a TFRecord file."""
    def __init__(self, filename: TensorLike, compression_type: Any = None) -> None: ...
    def write(self, dataset: tf.data.Dataset) -> Any:
        """Write the elements of a dataset."""
UNKNOWN_CARDINALITY: int
class WorkerProcesses:
    """Asks `Dataset.map` for processes instead of threads: `num_parallel_calls=WorkerProcesses(4)`."""
    count: Any
    def __init__(self, count: int | None = None) -> None: ...
def assert_cardinality(expected_cardinality: TensorLike) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation, for `Dataset.apply`, that says how many elements a dataset has."""
def at(dataset: tf.data.Dataset, index: TensorLike) -> Any:
    """The element of a dataset with a number."""
def bucket_by_sequence_length(element_length_func: Callable[..., Any], bucket_boundaries: Sequence[int], bucket_batch_sizes: Sequence[int], padded_shapes: Any = None, padding_values: Any = None, pad_to_bucket_boundary: bool = False, no_padding: bool = False, drop_remainder: TensorLike = False) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that makes batches of elements of similar length."""
def cardinality(dataset: tf.data.Dataset) -> Any:
    """Same as `dataset.cardinality()`."""
def choose_from_datasets(datasets: Sequence[tf.data.Dataset], choice_dataset: tf.data.Dataset, stop_on_empty_dataset: bool = False) -> tf.data.Dataset:
    """Same as `Dataset.choose_from_datasets`, with another default."""
def copy_to_device(target_device: str, source_device: str = '/cpu:0') -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation, for `Dataset.apply`, that copies elements to a device."""
def dense_to_ragged_batch(batch_size: TensorLike, drop_remainder: TensorLike = False, row_splits_dtype: DTypeLike = tf.int64) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that makes ragged batches; see `Dataset.ragged_batch`."""
def dense_to_sparse_batch(batch_size: TensorLike, row_shape: ShapeLike) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that makes sparse batches; see `Dataset.sparse_batch`."""
def distributed_save(dataset: tf.data.Dataset, path: Any, data_service_address: str, compression: str | None = 'AUTO') -> Any:
    """Have the workers of a tf.data service write a dataset to files; it returns at once."""
def enable_debug_mode() -> None:
    """Run the functions of datasets that are made from now on eagerly, as the Python they are."""
def enumerate_dataset(start: Any = 0) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that numbers elements; see `Dataset.enumerate`."""
def from_list(elements: Sequence[TensorLike], name: str | None = None) -> tf.data.Dataset:
    """A dataset of the elements of a list, which must all have the same structure."""
def from_variant(variant: TensorLike, structure: Any) -> tf.data.Dataset:
    """The dataset behind a variant tensor."""
def get_next_as_optional(iterator: tf.data.Iterator) -> tf.data.experimental.Optional:
    """The next element of an iterator, or an empty optional."""
def get_single_element(dataset: tf.data.Dataset) -> Any:
    """Same as `dataset.get_single_element()`."""
def get_structure(dataset_or_iterator: Any) -> Any:
    """The element spec of a dataset or iterator."""
def group_by_reducer(key_func: Callable[..., Any], reducer: tf.data.experimental.Reducer) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation, for `Dataset.apply`, that combines all elements with the same key."""
def group_by_window(key_func: Callable[..., Any], reduce_func: Callable[[Any, tf.data.Dataset], tf.data.Dataset], window_size: Any = None, window_size_func: Callable[[Any], Any] | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that collects elements with the same key; see `Dataset.group_by_window`."""
def ignore_errors(log_warning: bool = False) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that leaves out elements that fail; see `Dataset.ignore_errors`."""
def index_table_from_dataset(dataset: Any = None, num_oov_buckets: int = 0, vocab_size: Any = None, default_value: TensorLike = -1, hasher_spec: Any = ..., key_dtype: DTypeLike = tf.string, name: str | None = None) -> Any:
    """A lookup table of the numbers of a dataset's elements."""
def load(path: Any, element_spec: Any = None, compression: str | None = None, reader_func: Callable[..., Any] | None = None) -> tf.data.Dataset:
    """The elements of a saved dataset; see `Dataset.load`."""
def make_batched_features_dataset(file_pattern: Any, batch_size: TensorLike, features: Any, reader: Any = None, label_key: Any = None, reader_args: Any = None, num_epochs: Any = None, shuffle: bool = True, shuffle_buffer_size: Any = 10000, shuffle_seed: Any = None, prefetch_buffer_size: Any = None, reader_num_threads: Any = None, parser_num_threads: Any = None, sloppy_ordering: bool = False, drop_final_batch: bool = False) -> tf.data.Dataset:
    """Batches of parsed `tf.train.Example` messages from files."""
def make_csv_dataset(file_pattern: Any, batch_size: int, column_names: Any = None, column_defaults: Any = None, label_name: str | None = None, select_columns: Any = None, field_delim: str = ',', use_quote_delim: bool = True, na_value: str = '', header: bool = True, num_epochs: int | None = None, shuffle: bool = True, shuffle_buffer_size: int = 10000, shuffle_seed: int | None = None, prefetch_buffer_size: int | None = None, num_parallel_reads: int | None = None, sloppy: bool = False, num_rows_for_inference: int | None = 100, compression_type: str | None = None, ignore_errors: bool = False, encoding: str = 'utf-8') -> tf.data.Dataset:
    """Batches of the records of CSV files: dicts of column names and vectors."""
def make_saveable_from_iterator(iterator: Any, external_state_policy: str | None = None) -> IteratorSaveable:
    """What a `tf.compat.v1.train.Saver` takes to save the position of an iterator of a graph."""
def map_and_batch(map_func: Callable[..., Any], batch_size: TensorLike, num_parallel_batches: Any = None, drop_remainder: TensorLike = False, num_parallel_calls: TensorLike | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that applies a function and makes batches of the results."""
def pad_to_cardinality(cardinality: Any, mask_key: str = 'valid') -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation, for `Dataset.apply`, that adds elements of zeros to a dataset of dicts."""
def parallel_interleave(map_func: Callable[..., Any], cycle_length: Any, block_length: Any = 1, sloppy: bool | None = False, buffer_output_elements: Any = None, prefetch_input_elements: Any = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that takes turns among datasets, read ahead of time by threads."""
def parse_example_dataset(features: Any, num_parallel_calls: TensorLike = 1, deterministic: bool | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that parses batches of serialized `tf.train.Example` messages."""
def prefetch_to_device(device: str, buffer_size: TensorLike | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation, for `Dataset.apply`, that copies elements to a device ahead of time."""
def rejection_resample(class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: TensorLike | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that gives classes a wanted distribution; see `Dataset.rejection_resample`."""
def sample_from_datasets(datasets: Sequence[tf.data.Dataset], weights: Any = None, seed: TensorLike | None = None, stop_on_empty_dataset: bool = False) -> tf.data.Dataset:
    """Same as `Dataset.sample_from_datasets`."""
def save(dataset: tf.data.Dataset, path: Any, compression: str | None = None, shard_func: Callable[..., Any] | None = None, checkpoint_args: Any = None) -> None:
    """Write all elements of a dataset to files; see `Dataset.save`."""
def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation with a state that goes from element to element; see `Dataset.scan`."""
def shuffle_and_repeat(buffer_size: TensorLike, count: TensorLike | None = None, seed: TensorLike | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that shuffles, and repeats with a new order each time."""
def snapshot(path: Any, compression: str | None = 'AUTO', reader_func: Callable[..., Any] | None = None, shard_func: Callable[..., Any] | None = None) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that keeps elements in files; see `Dataset.snapshot`."""
def table_from_dataset(dataset: Any = None, num_oov_buckets: int = 0, vocab_size: Any = None, default_value: Any = None, hasher_spec: Any = ..., key_dtype: DTypeLike = tf.string, name: str | None = None) -> Any:
    """A lookup table of the pairs of a dataset."""
def take_while(predicate: Callable[..., Any]) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that stops at an element; see `Dataset.take_while`."""
def to_variant(dataset: tf.data.Dataset) -> Any:
    """The tensor that represents a dataset in graphs."""
def unbatch() -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that splits elements into rows; see `Dataset.unbatch`."""
def unique() -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """A transformation that leaves out repeated elements; see `Dataset.unique`."""
