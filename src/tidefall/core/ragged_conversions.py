"""Ragged tensors to and from lists, arrays, dense and sparse tensors."""
