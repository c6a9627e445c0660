"""What `tensorflow.python.*` and `tf.__internal__` have without a public name, where programs ask.

One module for each subject, with the members that public code imports, and who does. The table
that maps TensorFlow's modules to these is `tidefall.compat.tensorflow.private`: read it first.
"""
