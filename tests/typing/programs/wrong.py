"""Wrong uses, each with what is said of it. This program is not run."""

import tidefall as tf

x = tf.constant([1.0, 2.0])

tf.ad(x, x)  # error: "ad" is not a known attribute
tf.math.sine(x)  # error: "sine" is not a known attribute
tf.compat.v1.Sesion()  # error: "Sesion" is not a known attribute
tf.io.gfile.exist("a")  # error: "exist" is not a known attribute
tf.errors.InvalidArgument  # error: "InvalidArgument" is not a known attribute
x.nunpy()  # error: Cannot access attribute "nunpy"
x.shape.ranks  # error: Cannot access attribute "ranks"

tf.matmul(x)  # error: No overloads for "matmul"
tf.add(x)  # error: No overloads for "add"
tf.add(x, 1, nam="sum")  # error: No overloads for "add"
tf.linalg.expm()  # error: Argument missing for parameter "input"
tf.linspace(0.0, 1.0)  # error: Argument missing for parameter "num"
tf.argsort(x, order="up")  # error: No parameter named "order"
tf.range(1, 2, 3, 4, 5, 6)  # error: Expected
tf.data.Dataset.range(3).batch()  # error: Argument missing for parameter "batch_size"
tf.data.Dataset.range(3).map(3)  # error: cannot be assigned to parameter "map_func"
tf.data.Dataset.range(3).bach(2)  # error: Cannot access attribute "bach"
tf.Variable(1.0, trainable="yes")  # error: cannot be assigned to parameter "trainable"
tf.TensorSpec([2], dtyp=tf.int32)  # error: No parameter named "dtyp"
tf.add(tf, 1)  # error: No overloads for "add" | cannot be assigned to parameter "x"
tf.io.TFRecordWriter()  # error: Argument missing for parameter "path"
tf.raw_ops.AddV2(x=1)  # error: Argument missing for parameter "y"
tf.raw_ops.AddV2(1, 2)  # error: Expected 0 positional arguments


@tf.function
def scale(value: tf.Tensor, by: int = 2) -> tf.Tensor:
    return value * by


scale()  # error: Argument missing for parameter "value"
scale(x, to=2)  # error: No parameter named "to"
scale(x, by="2")  # error: cannot be assigned to parameter "by"
scale.get_concrete()  # error: Cannot access attribute "get_concrete"

with tf.GradientTape() as tape:
    tape.wach(x)  # error: Cannot access attribute "wach"
tape.gradient(x)  # error: No overloads for "gradient"
