"""Python to graph: tf.function, trace types and captures, function calls and control flow."""
