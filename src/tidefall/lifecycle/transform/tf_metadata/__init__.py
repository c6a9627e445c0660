"""`tensorflow_transform.tf_metadata`: metadata and schemas under TensorFlow Transform's names."""

from tidefall.lifecycle.transform import features as dataset_metadata
from tidefall.lifecycle.transform import features as schema_utils

__all__ = ["dataset_metadata", "schema_utils"]
