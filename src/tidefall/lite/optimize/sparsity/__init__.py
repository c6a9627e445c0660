"""`sparsity.keras` is what is public."""

from tidefall.lite.optimize.sparsity import keras as keras
