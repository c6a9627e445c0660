"""`experimental.combine`: quantization after pruning and clustering."""

from tidefall.lite.optimize.experimental import combine as combine
