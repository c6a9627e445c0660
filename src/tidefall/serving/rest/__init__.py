"""TensorFlow Serving's REST API: routes, JSON to tensors, tensors to JSON."""
