"""Public names of nests, specs and trackables beyond those in `public`: mostly for frameworks."""

from tidefall.core import nest_paths
from tidefall.core.auto_trackable import TrackableView
from tidefall.core.data_structures import (
    TrackableDataStructure,
    sticky_attribute_assignment,
    wrap_or_unwrap,
)
from tidefall.core.op import export_value
from tidefall.core.specs import NoneTensorSpec
from tidefall.core.trackable import TrackableReference

export_value(NoneTensorSpec, "NoneTensorSpec")
export_value(TrackableView, "train.TrackableView")

export_value(nest_paths.flatten_up_to, "__internal__.nest.flatten_up_to")
export_value(nest_paths.list_to_tuple, "__internal__.nest.list_to_tuple")
export_value(nest_paths.map_structure_up_to, "__internal__.nest.map_structure_up_to")
export_value(nest_paths.yield_flat_paths, "__internal__.nest.yield_flat_paths")

export_value(TrackableReference, "__internal__.tracking.TrackableReference")
export_value(TrackableDataStructure, "__internal__.tracking.TrackableDataStructure")
export_value(wrap_or_unwrap, "__internal__.tracking.wrap")
export_value(sticky_attribute_assignment, "__internal__.tracking.sticky_attribute_assignment")
