"""`clustering.keras` is what is public."""

from tidefall.lite.optimize.clustering import keras as keras
