"""`tf.experimental.dtensor.DVariable`, and saving and restoring; values are TensorFlow's."""

import pytest

pytestmark = pytest.mark.process


def test_variables(run_on_mesh):
    run_on_mesh("""
import copy, pickle
v = dtensor.DVariable(rows)
assert v.layout == Layout(["x", U], mesh) and specs(v) == ["x", U]
assert (v.shape, v.dtype, v.name, v.trainable) == ((8, 4), tf.float32, "Variable:0", True)
assert v.device == dtensor.device_name() and dtensor.is_dtensor(v) and isinstance(v, tf.Variable)
head = "<tf.Variable 'Variable:0' shape=(8, 4) dtype=float32, value="
assert repr(v).startswith(head + '{"CPU:0": [[0 1 2 3]')
assert specs(dtensor.DVariable(A, layout=Layout(["x", U], mesh))) == ["x", U]
assert specs(dtensor.DVariable(lambda: rows, dtype=tf.float32, name="made")) == ["x", U]
fails(errors.InvalidArgumentError, "Neither layout nor DTensor initial value are provided",
      dtensor.DVariable, A)
fails(errors.InvalidArgumentError, "Conflicting layout are provided for initial value",
      dtensor.DVariable, rows, layout=Layout.replicated(mesh, 2))
assert (dtensor.DVariable(replicated).numpy() == A).all()
fails(errors.UnimplementedError, "non-replicated DTensor", v.numpy)
assert specs(v + 1.0) == ["x", U] and (whole(v + rows) == 2 * A).all()
kept = v.value()
for change, value in [
    (lambda: v.assign(rows + 1.0), A + 1), (lambda: v.assign_add(rows), 2 * A + 1),
    (lambda: v.assign_sub(tiles), A + 1), (lambda: v.assign(replicated), A),
    (lambda: v.assign_add(v), 2 * A),
]:
    assert change() is v and specs(v) == ["x", U]
    np.testing.assert_array_equal(whole(v), value)
assert (whole(kept) == A).all()
v.assign(kept)
tf.function(lambda: v.assign_add(v))()
assert (whole(kept) == A).all() and (whole(v) == 2 * A).all()
said = "The op/function AssignVariableOp got a regular tensor for input 1 (shape [8,4])"
fails(errors.UnimplementedError, said, v.assign, tf.ones([8, 4]))
fails(errors.UnimplementedError, said, v.assign, A)
fails(ValueError, "Shape mismatch", v.assign, 2.0)
fails(ValueError, "they must be equal", v.assign_add, tf.ones([4, 4]))
v.scatter_update(tf.IndexedSlices(tf.zeros([1, 4]), tf.constant([1])))
v[2:3].assign(tf.ones([1, 4]))
assert specs(v) == ["x", U] and whole(v)[:3].tolist() == [[0, 2, 4, 6], [0] * 4, [1] * 4]
assert (whole(v.gather([0])) == 2 * A[:1]).all() and (whole(v.gather_nd([[0, 3]])) == [6]).all()
for other in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
    assert specs(other) == ["x", U] and (whole(other) == whole(v)).all() and other is not v
scalar = dtensor.DVariable(1.0, layout=Layout.replicated(mesh, 0))
assert scalar.assign(3.0).numpy() == 3.0 and scalar.assign_add(1.0).numpy() == 4.0
""")


def test_checkpoints(run_on_mesh, tmp_path):
    run_on_mesh(
        f"folder = {str(tmp_path)!r}"
        """
v = dtensor.DVariable(rows)
w = dtensor.DVariable(dtensor.copy_to_mesh(np.zeros([8, 4], "f"), Layout(["x", "y"], mesh)))
plain = tf.Variable(tf.zeros([8, 4]))
path = tf.train.Checkpoint(v=v).save(folder + "/plain")
tf.train.Checkpoint(v=w).restore(path).assert_consumed()
tf.train.Checkpoint(v=plain).restore(path).assert_consumed()
assert specs(w) == ["x", "y"] and (whole(w) == A).all() and (plain.numpy() == A).all()
w.assign_add(w)
path = dtensor.DTensorCheckpoint(mesh, v=w).save(folder + "/mesh")
assert tf.train.list_variables(path) == [
    ("_CHECKPOINTABLE_OBJECT_GRAPH", []), ("save_counter/.ATTRIBUTES/VARIABLE_VALUE", []),
    ("v/.ATTRIBUTES/VARIABLE_VALUE", [8, 4])]
dtensor.DTensorCheckpoint(mesh, v=v).restore(path).assert_consumed()
assert specs(v) == ["x", U] and (whole(v) == 2 * A).all()
holder = tf.train.Checkpoint()
holder.restore(path)
holder.v = dtensor.DVariable(rows)
assert specs(holder.v) == ["x", U] and (whole(holder.v) == 2 * A).all()
dtensor.enable_save_as_bf16([v, plain])
assert v.save_as_bf16
path = dtensor.DTensorCheckpoint(mesh, v=v).write(folder + "/half")
key = "v/.ATTRIBUTES/VARIABLE_VALUE"
assert tf.train.load_checkpoint(path).get_variable_to_dtype_map()[key] == tf.bfloat16
v.assign(rows)
dtensor.DTensorCheckpoint(mesh, v=v).read(path).assert_consumed()
assert v.dtype == tf.float32 and (whole(v) == 2 * A).all()
"""
    )


def test_saving_by_name(run_on_mesh, tmp_path):
    run_on_mesh(
        f"folder = {str(tmp_path)!r}"
        """
v = dtensor.DVariable(tiles)
dtensor.name_based_save(mesh, folder + "/named", {"a": rows, "b": v})
assert tf.train.list_variables(folder + "/named") == [("a", [8, 4]), ("b", [8, 4])]
found = dtensor.name_based_restore(mesh, folder + "/named", {"a": tiles, "b": rows})
assert list(found) == ["a", "b"]
assert specs(found["a"]) == ["x", "y"] and specs(found["b"]) == ["x", U]
assert (whole(found["a"]) == A).all() and (whole(found["b"]) == A).all()
fails(ValueError, "Saving/Restoring tensor must be a DTensor",
      dtensor.name_based_restore, mesh, folder + "/named", {"a": tf.ones([8, 4])})
fails(errors.InvalidArgumentError, "has shape [8, 4]",
      dtensor.name_based_restore, mesh, folder + "/named", {"a": rows[:, :2]})
fails(errors.NotFoundError, "", dtensor.name_based_restore, mesh, folder + "/named", {"c": rows})
dtensor.sharded_save(mesh, folder + "/parts", ["q"], [""], [tiles])
assert (tf.train.load_checkpoint(folder + "/parts").get_tensor("q") == A).all()
"""
    )
