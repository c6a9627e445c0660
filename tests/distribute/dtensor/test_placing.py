"""Tensors go to meshes, change their layout and come back; values are TensorFlow's."""

import pytest

pytestmark = pytest.mark.process


def test_layouts_and_parts(run_on_mesh):
    run_on_mesh("""
assert (specs(replicated), specs(rows), specs(tiles)) == ([U, U], ["x", U], ["x", "y"])
assert parts(tiles)[:2] == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
assert parts(rows)[1:3] == [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11], [12, 13, 14, 15]]]
assert [p.device[-5:] for p in dtensor.unpack(tiles)] == [f"CPU:{i}" for i in range(8)]
assert tiles.device == dtensor.device_name() == "/job:localhost/replica:0/task:0/device:CUSTOM:0"
assert (tiles.shape, tiles.dtype, len(tiles)) == ((8, 4), tf.float32, 8)
assert isinstance(tiles, tf.Tensor)
assert (replicated.numpy() == A).all() and np.asarray(replicated).shape == (8, 4)
for to in (["y", U], [U, "x"], [U, U], ["y", "x"], ["match", U]):
    moved = dtensor.relayout(tiles, Layout(to, mesh))
    assert specs(moved) == ["x" if s == "match" else s for s in to]
    assert (whole(moved) == A).all()
assert specs(dtensor.relayout([1.0, 2.0, 3.0, 4.0], Layout(["x"], mesh))) == ["x"]
assert specs(dtensor.relayout_like(replicated, rows)) == ["x", U]
assert not dtensor.is_dtensor(dtensor.relayout_like(rows, tf.constant(1.0)))
other = dtensor.create_mesh([("z", 2)], devices=["CPU:0", "CPU:1"])
assert (whole(dtensor.relayout(tiles, Layout(["z", U], other))) == A).all()
""")


def test_texts(run_on_mesh):
    run_on_mesh("""
text = ("[[0 1 2 3]\\n [4 5 6 7]\\n [8 9 10 11]\\n ...\\n"
        " [20 21 22 23]\\n [24 25 26 27]\\n [28 29 30 31]]")
layout = f'layout="{dtensor.fetch_layout(replicated).to_string()}"'
assert str(replicated) == f"tf.Tensor({text}, {layout}, shape=(8, 4), dtype=float32)"
assert repr(replicated) == f"<tf.Tensor: shape=(8, 4), dtype=float32, value={text}, {layout}>"
assert 'value={"CPU:0": [[0 1]\\n [4 5]], "CPU:1": [[2 3]\\n [6 7]], ' in repr(tiles)
scalar = dtensor.pack([1.0] * 8, Layout.replicated(mesh, 0))
assert "shape=(), dtype=float32, value=1, layout=" in repr(scalar)
assert 'value="a", layout=' in repr(dtensor.pack(["a"] * 8, Layout.replicated(mesh, 0)))
""")


def test_pack_and_unpack(run_on_mesh):
    run_on_mesh("""
packed = dtensor.pack([tf.ones([2, 2]) * i for i in range(8)], Layout(["x", "y"], mesh))
assert packed.shape == (8, 4) and specs(packed) == ["x", "y"]
assert parts(packed) == [[[i, i], [i, i]] for i in range(8)]
assert (whole(dtensor.pack(dtensor.unpack(tiles), Layout(["x", "y"], mesh))) == A).all()
layout, two = Layout(["x", "y"], mesh), tf.ones([2, 2])
fails(errors.InvalidArgumentError, "expected 8 inputs to DTensorPack, but got 4",
      dtensor.pack, [two] * 4, layout)
fails(errors.UnimplementedError, "must currently all have the same shape",
      dtensor.pack, [two] * 7 + [tf.ones([1, 2])], layout)
fails(errors.InternalError, "must all have the same dtype",
      dtensor.pack, [two] * 7 + [tf.ones([2, 2], tf.int32)], layout)
fails(errors.InvalidArgumentError, "Packed layout should have the same rank as the rank for each",
      dtensor.pack, [tf.ones([2])] * 8, layout)
fails(errors.InvalidArgumentError, "already on dtensor device",
      dtensor.pack, [replicated] * 8, layout)
fails(errors.InvalidArgumentError, "DTensorUnpack expects a tensor placed on the DTensor device",
      dtensor.unpack, tf.ones(2))
fails(TypeError, "Expecting a Tensor", dtensor.unpack, A)
""")


def test_what_is_refused(run_on_mesh):
    run_on_mesh("""
fails(errors.UnknownError, "requires matching rank",
      dtensor.relayout, replicated, Layout(["x"], mesh))
fails(errors.UnknownError, "dimension size=6 is not divisible by number of shards",
      dtensor.relayout, tf.ones([6, 4]), Layout(["x", U], mesh))
fails(errors.UnimplementedError, "non-single-device and non-replicated DTensor", rows.numpy)
fails(errors.UnimplementedError, "non-single-device and non-replicated DTensor", np.asarray, rows)
fails(errors.InvalidArgumentError, "FetchLayout expects a tensor placed on the layout device",
      dtensor.fetch_layout, tf.ones(2))
assert dtensor.fetch_layout(A) is None
assert [dtensor.is_dtensor(x) for x in (rows, tf.ones(2), 3, A)] == [True, False, False, False]
dtensor.check_layout(rows, Layout(["x", U], mesh))
fails(ValueError, "did not match expected layout",
      dtensor.check_layout, rows, Layout(["y", U], mesh))
for name in ("fetch_layout", "is_dtensor", "unpack"):
    ask = tf.function(lambda x: getattr(dtensor, name)(x))
    fails(RuntimeError, f"`{name}` must be called eagerly", ask, rows)
fails(RuntimeError, "`pack` must be called eagerly",
      tf.function(lambda x: dtensor.pack([x], Layout.replicated(mesh, 2))), rows)
fails(errors.UnimplementedError, "one device several times",
      dtensor.copy_to_mesh, A, Layout.replicated(dtensor.create_mesh(devices=["CPU:0"] * 2), 2))
""")


def test_making_tensors_on_a_mesh(run_on_mesh):
    run_on_mesh("""
layout = Layout(["x", "y"], mesh)
assert specs(dtensor.call_with_layout(tf.ones, layout, shape=(8, 4))) == ["x", "y"]
assert not dtensor.is_dtensor(dtensor.call_with_layout(tf.ones, None, [2]))
assert specs(dtensor.call_with_layout(tf.function(lambda: tf.ones([8, 4])), layout)) == ["x", "y"]
drawn = dtensor.call_with_layout(tf.random.stateless_uniform, layout, shape=(8, 4), seed=(1, 2))
assert specs(drawn) == ["x", "y"]
np.testing.assert_allclose(whole(drawn), tf.random.stateless_uniform((8, 4), (1, 2)))
fails(errors.UnknownError, "requires matching rank",
      dtensor.call_with_layout, tf.zeros, Layout(["x"], mesh), shape=(8, 4))
assert dtensor.get_default_mesh() is None
with dtensor.default_mesh(mesh):
    assert dtensor.get_default_mesh() == mesh
    made = [tf.ones([8, 4]), tf.zeros([80, 40]), tf.fill([8, 4], 1.0), tf.range(4),
            tf.constant(1.0) + 1.0, tf.constant([1, 2]) + 1,
            tf.random.stateless_uniform([4], (1, 2)),
            tf.function(lambda: tf.ones([8, 4]))(),
            tf.function(lambda a: a + 1.0)(tf.constant(2.0))]
    assert all(dtensor.is_dtensor(x) for x in made)
    assert specs(made[-2]) == [U, U] and specs(made[-1]) == []
    with dtensor.run_on(dtensor.create_mesh([("z", 8)])):
        assert dtensor.get_default_mesh().dim_names == ["z"]
    assert dtensor.get_default_mesh() == mesh
assert not dtensor.is_dtensor(tf.ones([2]))
fails(ValueError, "Expect `mesh` to be `Mesh`", dtensor.default_mesh(3).__enter__)
""")


def test_barrier(run_on_mesh):
    run_on_mesh("""
dtensor.barrier(mesh)
dtensor.barrier(mesh, "named", 10)
""")
