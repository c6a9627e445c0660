"""Event files, as TensorBoard reads them."""
