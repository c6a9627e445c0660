# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute.experimental`."""

import tidefall as tf
from tidefall._api.compat.v1.distribute.experimental import coordinator as coordinator
from tidefall._api.compat.v1.distribute.experimental import partitioners as partitioners
from tidefall._api.distribute import ParameterServerStrategy as ParameterServerStrategy
from tidefall._api.distribute.experimental import CentralStorageStrategy as CentralStorageStrategy
from tidefall._api.distribute.experimental import CollectiveCommunication as CollectiveCommunication
from tidefall._api.distribute.experimental import CollectiveHints as CollectiveHints
from tidefall._api.distribute.experimental import CommunicationOptions as CommunicationOptions
from tidefall._api.distribute.experimental import MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy
from tidefall._api.distribute.experimental import PreemptionCheckpointHandler as PreemptionCheckpointHandler
from tidefall._api.distribute.experimental import PreemptionWatcher as PreemptionWatcher
from tidefall._api.distribute.experimental import TPUStrategy as TPUStrategy
from tidefall._api.distribute.experimental import TerminationConfig as TerminationConfig
from tidefall._api.distribute.experimental import ValueContext as ValueContext

CommunicationImplementation = tf.distribute.experimental.CollectiveCommunication
