# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.data`."""

from collections.abc import Callable
from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import Plan
from tidefall._api._types import Profile
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.data import experimental as experimental
from tidefall._api.data import DatasetSpec as DatasetSpec
from tidefall._api.data import IteratorSpec as IteratorSpec
from tidefall._api.data import NumpyIterator as NumpyIterator
from tidefall._api.data import Options as Options
from tidefall._api.data import ThreadingOptions as ThreadingOptions
from typing import Any

AUTOTUNE: int
class Dataset(tf.data.Dataset):
    """A sequence of elements; see `tf.data.Dataset`."""
    def make_one_shot_iterator(self) -> Any:
        """An iterator that needs no initializer; see `tf.compat.v1.data.make_one_shot_iterator`."""
    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """An iterator that a session starts; see `tf.compat.v1.data.make_initializable_iterator`."""
    @property
    def output_types(self) -> Any:
        """Structure of the dtypes of an element."""
    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element's components."""
    def filter_with_legacy_function(self, predicate: Callable[..., Any]) -> Any:
        """Same as `filter`."""
    def map_with_legacy_function(self, map_func: Callable[..., Any], num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, use_unbounded_threadpool: bool = False) -> Any:
        """Same as `map`."""
    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Any:
        """A dataset of the rows of a sparse tensor: indices, values and dense shape of each."""
    def options(self) -> tf.data.Options:
        """The options of this dataset and its inputs."""
    def apply(self, transformation_func: Callable[[Any], Any]) -> tf.data.Dataset:
        """What a function makes of this dataset."""
    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> tf.data.Dataset:
        """A dataset of one element: the given tensors."""
    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> tf.data.Dataset:
        """A dataset whose elements are the rows of the given tensors."""
    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Apply a function that returns a dataset to every element; the result has their elements."""
    def batch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements along a new first dimension."""
    def interleave(self, map_func: Callable[..., Any], cycle_length: Any = None, block_length: Any = None, num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Apply a function that returns a dataset to every element, and take turns among them."""
    def cache(self, filename: TensorLike = '', name: str | None = None) -> tf.data.Dataset:
        """Keep the elements of the first whole iteration, and give those from then on."""
    def concatenate(self, dataset: tf.data.Dataset, name: str | None = None) -> tf.data.Dataset:
        """This dataset followed by another."""
    def map(self, map_func: Callable[..., Any], num_parallel_calls: TensorLike | None = None, deterministic: bool | None = None, synchronous: bool | None = None, use_unbounded_threadpool: bool = False, name: str | None = None) -> tf.data.Dataset:
        """Apply a function to every element."""
    def prefetch(self, buffer_size: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """Make elements ahead of time, in a thread of their own."""
    def shuffle(self, buffer_size: TensorLike, seed: TensorLike | None = None, reshuffle_each_iteration: bool | None = True, name: str | None = None) -> tf.data.Dataset:
        """Put the elements into random order."""
    @staticmethod
    def random(seed: TensorLike | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """A dataset of pseudorandom numbers, without end."""
    def repeat(self, count: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """Repeat the dataset."""
    def unbatch(self, name: str | None = None) -> tf.data.Dataset:
        """Split every element into its rows."""
    def rebatch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Change the sizes of batches: the same rows in the same order, as after `unbatch().batch(n)`."""
    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> tf.data.Dataset:
        """Datasets side by side: element i is made of element i of each."""
    def enumerate(self, start: Any = 0, name: str | None = None) -> tf.data.Dataset:
        """Number the elements."""
    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Group elements into windows."""
    def shard(self, num_shards: TensorLike, index: Any, name: str | None = None) -> tf.data.Dataset:
        """One of `num_shards` parts of the dataset: every `num_shards`-th element."""
    def as_numpy_iterator(self) -> tf.data.NumpyIterator:
        """An iterator whose elements hold NumPy arrays and scalars instead of tensors."""
    def ragged_batch(self, batch_size: TensorLike, drop_remainder: TensorLike = False, row_splits_dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements into ragged tensors, whatever their sizes."""
    def sparse_batch(self, batch_size: TensorLike, row_shape: ShapeLike | None, name: str | None = None) -> tf.data.Dataset:
        """Put the values of consecutive elements, which may differ in size, into sparse tensors."""
    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Apply a function to every element together with a state."""
    @staticmethod
    def counter(start: Any = 0, step: Any = 1, dtype: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """A dataset that counts without end."""
    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """Keep the elements for which a function returns True."""
    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> tf.data.Dataset:
        """The elements before the first for which a function returns False."""
    def cardinality(self) -> tf.Tensor:
        """The number of elements, if that can be told without making them."""
    def take(self, count: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """The first elements of the dataset."""
    def skip(self, count: TensorLike, name: str | None = None) -> tf.data.Dataset:
        """All but the first elements of the dataset."""
    def padded_batch(self, batch_size: TensorLike, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Stack consecutive elements after padding them to one shape."""
    @staticmethod
    def choose_from_datasets(datasets: Sequence[tf.data.Dataset], choice_dataset: tf.data.Dataset, stop_on_empty_dataset: bool = True) -> tf.data.Dataset:
        """The elements of several datasets, in an order that another one says."""
    def group_by_window(self, key_func: Callable[..., Any], reduce_func: Callable[[Any, tf.data.Dataset], tf.data.Dataset], window_size: Any = None, window_size_func: Callable[[Any], Any] | None = None, name: str | None = None) -> tf.data.Dataset:
        """Collect elements with the same key, and make a dataset of each group."""
    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements whose making fails."""
    def unique(self, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements that were there before."""
    def with_options(self, options: tf.data.Options, name: str | None = None) -> tf.data.Dataset:
        """The dataset with options; those set here win over the ones it has."""
    def explain(self) -> Plan:
        """The pipeline as it will run: one line for each stage, in the order elements pass them."""
    def fingerprint(self) -> tf.Tensor:
        """A number that is the same for pipelines built the same way."""
    def profile(self, elements: int | None = None, seconds: float | None = None) -> Profile:
        """Measure where the time goes while this dataset is iterated."""
    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """The names of all files that match patterns."""
    @staticmethod
    def from_generator(generator: Callable[..., Any], output_types: Any = None, output_shapes: Any = None, args: TensorLike | None = None, output_signature: Any = None, name: str | None = None) -> tf.data.Dataset:
        """A dataset of what a Python generator yields."""
    @staticmethod
    def range(*args: Any, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.data.Dataset:
        """A dataset of evenly spaced numbers."""
    def save(self, path: Any, compression: str | None = None, shard_func: Callable[..., Any] | None = None, checkpoint_args: Any = None) -> Any:
        """Write all elements to files, in TensorFlow's format; `Dataset.load` reads them."""
    @staticmethod
    def load(path: Any, element_spec: Any = None, compression: str | None = None, reader_func: Callable[..., Any] | None = None, wait: bool = False) -> tf.data.Dataset:
        """The elements that `Dataset.save` wrote, here or in TensorFlow."""
    def bucket_by_sequence_length(self, element_length_func: Callable[..., Any], bucket_boundaries: Sequence[int], bucket_batch_sizes: Sequence[int], padded_shapes: Any = None, padding_values: Any = None, pad_to_bucket_boundary: bool = False, no_padding: bool = False, drop_remainder: TensorLike = False, name: str | None = None) -> tf.data.Dataset:
        """Put elements of similar length into batches, which need little padding then."""
    @staticmethod
    def sample_from_datasets(datasets: Sequence[tf.data.Dataset], weights: Any = None, seed: TensorLike | None = None, stop_on_empty_dataset: bool = False, rerandomize_each_iteration: bool | None = None) -> tf.data.Dataset:
        """Elements of several datasets; which one each comes from is drawn at random."""
    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """Combine all elements into one value, one after the other."""
    def rejection_resample(self, class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: TensorLike | None = None, name: str | None = None) -> tf.data.Dataset:
        """Leave out elements at random, so that classes have a wanted distribution."""
    def get_single_element(self, name: str | None = None) -> Any:
        """The only element of the dataset."""
    def snapshot(self, path: Any, compression: str | None = 'AUTO', reader_func: Callable[..., Any] | None = None, shard_func: Callable[..., Any] | None = None, name: str | None = None) -> tf.data.Dataset:
        """Write the elements to files in the first iteration, and read them from there afterwards."""
    def validate(self, schema: Any, on_error: str = 'fail', *, environment: str | None = None, quarantine_path: Any = None, batched: bool | None = None, name: str | None = None) -> tf.data.Dataset:
        """Let through only rows that keep to a schema."""
class FixedLengthRecordDataset(tf.compat.v1.data.Dataset):
    """Records of one length from binary files, as scalar string tensors."""
    def __init__(self, filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None, buffer_size: TensorLike | None = None, compression_type: Any = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
INFINITE_CARDINALITY: int
class Iterator:
    """An iterator in a graph, which a session starts and takes elements from."""
    def __init__(self, iterator_resource: Any, initializer: Any, output_types: Any, output_shapes: Any, output_classes: Any) -> None: ...
    @staticmethod
    def from_structure(output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None) -> tf.compat.v1.data.Iterator:
        """An iterator that can be started on any dataset with elements of a structure."""
    @staticmethod
    def from_string_handle(string_handle: TensorLike, output_types: Any, output_shapes: Any = None, output_classes: Any = None) -> tf.compat.v1.data.Iterator:
        """The iterator that a string stands for, which may be another one in every run."""
    @property
    def initializer(self) -> Any:
        """The node that stands at the beginning of the dataset."""
    def make_initializer(self, dataset: tf.data.Dataset, name: str | None = None) -> Any:
        """A node that starts the iterator on a dataset."""
    def get_next(self, name: str | None = None) -> Any:
        """The next element, another one in every run."""
    def get_next_as_optional(self) -> tf.data.experimental.Optional:
        """The next element as an optional, which is empty at the end."""
    def string_handle(self, name: str | None = None) -> Any:
        """A scalar string tensor that stands for the iterator."""
    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
    @property
    def output_types(self) -> Any:
        """Structure of the dtypes of an element."""
    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element's components."""
class TFRecordDataset(tf.compat.v1.data.Dataset):
    """The records of TFRecord files, as scalar string tensors."""
    def __init__(self, filenames: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
class TextLineDataset(tf.compat.v1.data.Dataset):
    """The lines of text files, as scalar string tensors without line ends."""
    def __init__(self, filenames: Any, compression_type: Any = None, buffer_size: TensorLike | None = None, num_parallel_reads: Any = None, name: str | None = None) -> None: ...
UNKNOWN_CARDINALITY: int
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Structure of the classes of the components of a dataset's or an iterator's elements."""
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Structure of the shapes of a dataset's or an iterator's elements."""
def get_output_types(dataset_or_iterator: Any) -> Any:
    """Structure of the dtypes of a dataset's or an iterator's elements."""
def make_initializable_iterator(dataset: tf.data.Dataset, shared_name: str | None = None) -> tf.compat.v1.data.Iterator:
    """An iterator over a dataset that a session starts by running `initializer`."""
def make_one_shot_iterator(dataset: tf.data.Dataset) -> Any:
    """An iterator over a dataset that needs no initializer and goes through it once."""
