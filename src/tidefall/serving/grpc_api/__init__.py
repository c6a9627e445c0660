"""TensorFlow Serving's gRPC API. Nothing here is imported unless gRPC is on."""
