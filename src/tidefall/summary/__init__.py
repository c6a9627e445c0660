"""What a training run reports, as TensorBoard reads it; the public namespace `tf.summary`.

Tensors enter with a tag and a step, files leave. Read `events/writer.py` first.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("summary")
