"""The command line for saved models: `python -m tidefall.saved_model_cli`.

`show`, `run` and `scan` take the flags and print the text of TensorFlow's `saved_model_cli`;
`aot_compile`, `diff` and `doctor` are Tidefall's. Each command is one file of its name, imported
when it is asked for: what only reads a model's description imports neither jax nor keras.
"""
