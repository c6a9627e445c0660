"""`quantization.keras` is what is public."""

from tidefall.lite.optimize.quantization import keras as keras
