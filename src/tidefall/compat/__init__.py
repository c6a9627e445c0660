"""The `tensorflow` name (`tensorflow/`), `tf.keras`, and the public namespace `tf.compat`.

Programs that say `import tensorflow` enter; Tidefall answers. Read `tensorflow/__init__.py` first.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("compat")
