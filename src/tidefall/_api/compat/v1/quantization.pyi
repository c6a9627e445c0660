# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.quantization`."""

from tidefall._api.quantization import dequantize as dequantize
from tidefall._api.quantization import fake_quant_with_min_max_args as fake_quant_with_min_max_args
from tidefall._api.quantization import fake_quant_with_min_max_args_gradient as fake_quant_with_min_max_args_gradient
from tidefall._api.quantization import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
from tidefall._api.quantization import fake_quant_with_min_max_vars_gradient as fake_quant_with_min_max_vars_gradient
from tidefall._api.quantization import fake_quant_with_min_max_vars_per_channel as fake_quant_with_min_max_vars_per_channel
from tidefall._api.quantization import fake_quant_with_min_max_vars_per_channel_gradient as fake_quant_with_min_max_vars_per_channel_gradient
from tidefall._api.quantization import quantize as quantize
from tidefall._api.quantization import quantize_and_dequantize as quantize_and_dequantize
from tidefall._api.quantization import quantize_and_dequantize_v2 as quantize_and_dequantize_v2
from tidefall._api.quantization import quantized_concat as quantized_concat

