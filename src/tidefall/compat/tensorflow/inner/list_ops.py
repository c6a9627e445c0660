"""`python.ops.list_ops`: lists of tensors as one tensor. Asked for by tf-agents."""

from __future__ import annotations

from typing import Any

from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor


def _shape(element_shape: Any) -> Any:
    """An element's shape as the ops take it: -1 for each unknown size, -1 alone for the rank."""
    if element_shape is None:
        return convert_to_tensor(-1)
    if hasattr(element_shape, "as_list"):
        if element_shape.rank is None:
            return convert_to_tensor(-1)
        element_shape = [-1 if n is None else n for n in element_shape.as_list()]
    return convert_to_tensor(element_shape, "int32" if element_shape == [] else None)


def empty_tensor_list(
    element_shape: Any, element_dtype: Any, max_num_elements: Any = None, name: str | None = None
) -> Any:
    """A list without elements, to push on."""
    limit = convert_to_tensor(-1 if max_num_elements is None else max_num_elements)
    return raw.EmptyTensorList(_shape(element_shape), limit, element_dtype=element_dtype, name=name)


def tensor_list_reserve(
    element_shape: Any, num_elements: Any, element_dtype: Any, name: str | None = None
) -> Any:
    """A list of so many elements that are not set yet."""
    return raw.TensorListReserve(
        _shape(element_shape),
        convert_to_tensor(num_elements),
        element_dtype=element_dtype,
        name=name,
    )


def tensor_list_from_tensor(tensor: Any, element_shape: Any, name: str | None = None) -> Any:
    """The list of a tensor's rows."""
    return raw.TensorListFromTensor(convert_to_tensor(tensor), _shape(element_shape), name=name)


def tensor_list_length(input_handle: Any, name: str | None = None) -> Any:
    """The number of elements."""
    return raw.TensorListLength(input_handle, name=name)


def tensor_list_get_item(
    input_handle: Any, index: Any, element_dtype: Any, element_shape: Any = None, name: Any = None
) -> Any:
    """One element."""
    return raw.TensorListGetItem(
        input_handle,
        convert_to_tensor(index),
        _shape(element_shape),
        element_dtype=element_dtype,
        name=name,
    )


def tensor_list_set_item(
    input_handle: Any,
    index: Any,
    item: Any,
    resize_if_index_out_of_bounds: bool = False,
    name: str | None = None,
) -> Any:
    """The list with another element at a place."""
    return raw.TensorListSetItem(
        input_handle,
        convert_to_tensor(index),
        convert_to_tensor(item),
        resize_if_index_out_of_bounds=resize_if_index_out_of_bounds,
        name=name,
    )


def tensor_list_push_back(input_handle: Any, tensor: Any, name: str | None = None) -> Any:
    """The list with one more element."""
    return raw.TensorListPushBack(input_handle, convert_to_tensor(tensor), name=name)


def tensor_list_push_back_batch(input_handles: Any, tensor: Any, name: str | None = None) -> Any:
    """Several lists, each with one more element: the row of the tensor."""
    return raw.TensorListPushBackBatch(input_handles, convert_to_tensor(tensor), name=name)


def tensor_list_stack(
    input_handle: Any,
    element_dtype: Any,
    num_elements: int = -1,
    element_shape: Any = None,
    name: str | None = None,
) -> Any:
    """All elements as one tensor."""
    return raw.TensorListStack(
        input_handle,
        _shape(element_shape),
        element_dtype=element_dtype,
        num_elements=num_elements,
        name=name,
    )


def tensor_list_gather(
    input_handle: Any, indices: Any, element_dtype: Any, element_shape: Any = None, name: Any = None
) -> Any:
    """The elements at some places, as one tensor."""
    return raw.TensorListGather(
        input_handle,
        convert_to_tensor(indices),
        _shape(element_shape),
        element_dtype=element_dtype,
        name=name,
    )


def tensor_list_concat_lists(
    input_a: Any, input_b: Any, element_dtype: Any, name: Any = None
) -> Any:
    """The elements of two lists in one."""
    return raw.TensorListConcatLists(input_a, input_b, element_dtype=element_dtype, name=name)
