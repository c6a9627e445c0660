"""The public names of nests, type specs, trackables and modules.

They are declared here because `op`, which keeps the public names, builds on tensors, and these
build on nothing of it: importing a nest must not import the ops.
"""

from tidefall.base import nest, nest_paths
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export_value
from tidefall.composite.module import Module
from tidefall.composite.trackable.auto_trackable import AutoTrackable, TrackableView
from tidefall.composite.trackable.data_structures import (
    TrackableDataStructure,
    sticky_attribute_assignment,
    wrap_or_unwrap,
)
from tidefall.composite.trackable.trackable import (
    Trackable,
    TrackableReference,
    no_automatic_dependency_tracking,
)
from tidefall.tensor.specs import NoneTensorSpec, TensorSpec, TypeSpec, type_spec_from_value

export_value(nest.assert_same_structure, "nest.assert_same_structure")
export_value(nest.flatten, "nest.flatten")
export_value(nest.is_nested, "nest.is_nested")
export_value(nest.map_structure, "nest.map_structure")
export_value(nest.pack_sequence_as, "nest.pack_sequence_as")

export_value(nest_paths.flatten_up_to, "__internal__.nest.flatten_up_to")
export_value(nest_paths.list_to_tuple, "__internal__.nest.list_to_tuple")
export_value(nest_paths.map_structure_up_to, "__internal__.nest.map_structure_up_to")
export_value(nest_paths.yield_flat_paths, "__internal__.nest.yield_flat_paths")

export_value(TypeSpec, "TypeSpec")
export_value(TensorSpec, "TensorSpec")
export_value(NoneTensorSpec, "NoneTensorSpec")
export_value(type_spec_from_value, "type_spec_from_value")
export_value(CompositeTensor, "__internal__.CompositeTensor")

export_value(Module, "Module")
export_value(TrackableView, "train.TrackableView")
export_value(Trackable, "__internal__.tracking.Trackable")
export_value(AutoTrackable, "__internal__.tracking.AutoTrackable")
export_value(TrackableReference, "__internal__.tracking.TrackableReference")
export_value(TrackableDataStructure, "__internal__.tracking.TrackableDataStructure")
export_value(wrap_or_unwrap, "__internal__.tracking.wrap")
export_value(sticky_attribute_assignment, "__internal__.tracking.sticky_attribute_assignment")
export_value(
    no_automatic_dependency_tracking, "__internal__.tracking.no_automatic_dependency_tracking"
)
