"""Lists of tensors as values of programs: tensor lists, TensorArrays, stacks and maps.

A handle and elements enter; on the host a list holds them, in compiled code one stacked buffer.
Read `tensor_list.py` first, then `tensor_list_value.py`.
"""
