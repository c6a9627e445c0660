"""`tf.experimental.dtensor.DTensorDataset`; the batches are TensorFlow's."""

import pytest

pytestmark = pytest.mark.process


def test_batches(run_on_mesh):
    run_on_mesh("""
dataset = tf.data.Dataset.from_tensor_slices((np.arange(32.0).reshape(16, 2), np.arange(16)))
def on_mesh(dataset=dataset, first=("x", U), second=("x",), size=8, batch_dim="x", **kwargs):
    layouts = (Layout(first, mesh), Layout(second, mesh))
    return dtensor.DTensorDataset(
        dataset, mesh=mesh, layouts=layouts, global_batch_size=size, batch_dim=batch_dim, **kwargs)
spec = (tf.TensorSpec([8, 2], tf.float64), tf.TensorSpec([8], tf.int64))
assert on_mesh().element_spec == spec
assert repr(on_mesh()) == f"<DTensorDataset element_spec={spec}>"
wanted = [[[i, i + 1] for i in (n, n, n + 2, n + 2, n + 4, n + 4, n + 6, n + 6)] for n in (0, 8)]
for made in (on_mesh(), on_mesh(prefetch=2),
             on_mesh(dataset.batch(2, drop_remainder=True), dataset_already_batched=True)):
    batches = list(made)
    assert [(specs(a), specs(b)) for a, b in batches] == [(["x", U], ["x"])] * 2
    assert [parts(b) for _, b in batches] == wanted
batches = list(on_mesh(first=(U, "y"), second=(U,), batch_dim=None, size=10))
assert len(batches) == 1 and specs(batches[0][0]) == [U, "y"]
assert parts(batches[0][1]) == [list(range(10))] * 8
fails(ValueError, "batch_dim x was specified but at least one layout did not", on_mesh, second=(U,))
fails(ValueError, "Expected layout with rank 2 for element spec", on_mesh, first=("x",))
fails(ValueError, "don't have the same nested structure", dtensor.DTensorDataset, dataset,
      mesh=mesh, layouts=Layout(["x", U], mesh), global_batch_size=8, batch_dim="x")
fails(ValueError, "per_replica_batch_size does not matched expected size based on the mesh, got 4",
      on_mesh, dataset.batch(4, drop_remainder=True), dataset_already_batched=True)
fails(ValueError, "Ensure drop_remainder=True when batching",
      on_mesh, dataset.batch(4), dataset_already_batched=True)
fails(NotImplementedError, "Multi-client DTensorDataset", on_mesh, tf_data_service_config=3)
""")
