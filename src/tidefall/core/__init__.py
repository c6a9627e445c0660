"""What a tensor is: dtypes, shapes, errors, type specs, devices, tensors and variables."""
