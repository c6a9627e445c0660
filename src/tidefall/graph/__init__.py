"""Programs as data: graphs of TensorFlow ops, their codec, and rewrites of them."""
