"""What is done to which module of Keras once it has been loaded."""

from tidefall.compat.keras_distribution import (
    complete_library,
    complete_trainer,
    complete_variables,
)
from tidefall.compat.keras_workers import complete_optimizer

COMPLETIONS = {
    "keras.src.backend.tensorflow.core": complete_variables,
    "keras.src.backend.tensorflow.distribution_lib": complete_library,
    "keras.src.backend.tensorflow.optimizer": complete_optimizer,
    "keras.src.backend.tensorflow.trainer": complete_trainer,
}
