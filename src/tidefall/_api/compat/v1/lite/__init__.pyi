# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lite`."""

from tidefall._api.compat.v1.lite import experimental as experimental
from tidefall._api.lite import Interpreter as Interpreter
from tidefall._api.lite import OpsSet as OpsSet
from tidefall._api.lite import Optimize as Optimize
from tidefall._api.lite import RepresentativeDataset as RepresentativeDataset
from tidefall._api.lite import TFLiteConverter as TFLiteConverter
from tidefall._api.lite import TargetSpec as TargetSpec

