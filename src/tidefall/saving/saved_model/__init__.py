"""SavedModel: programs with their variables and files, as TensorFlow stores them."""
