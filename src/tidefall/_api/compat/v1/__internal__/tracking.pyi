# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.tracking`."""

from tidefall._api.__internal__.tracking import AutoTrackable as AutoTrackable
from tidefall._api.__internal__.tracking import Trackable as Trackable
from tidefall._api.__internal__.tracking import TrackableDataStructure as TrackableDataStructure
from tidefall._api.__internal__.tracking import TrackableReference as TrackableReference
from tidefall._api.__internal__.tracking import no_automatic_dependency_tracking as no_automatic_dependency_tracking
from tidefall._api.__internal__.tracking import sticky_attribute_assignment as sticky_attribute_assignment
from tidefall._api.__internal__.tracking import wrap as wrap

