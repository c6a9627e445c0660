"""Checkpoints of objects in graphs that sessions run, and variables that begin with their values.

Values and kinds of errors are TensorFlow's.
"""

import pytest

import tidefall as tf

v1 = tf.compat.v1


@pytest.fixture(params=[False, True], ids=["references", "resources"])
def kind(request):
    return request.param


@pytest.fixture
def graph(kind):
    with tf.Graph().as_default() as found, v1.variable_scope("", use_resource=kind):
        yield found


def variables(*names):
    return [v1.get_variable(name, [], initializer=v1.zeros_initializer()) for name in names]


def saved(folder):
    """A checkpoint with 1 and 2, saved twice in a session of its own."""
    with tf.Graph().as_default():
        a, b = variables("a", "b")
        with v1.Session() as session:
            session.run([a.assign(1.0), b.assign(2.0)])
            checkpoint = tf.train.Checkpoint(both=[a, b])
            checkpoint.save(str(folder / "ckpt"))
            assert session.run(checkpoint.save_counter) == 1
            return checkpoint.save(str(folder / "ckpt"))


def test_a_session_saves_by_the_names_of_attributes(graph, tmp_path):
    path = saved(tmp_path)
    assert path.endswith("ckpt-2")
    assert tf.train.latest_checkpoint(tmp_path) == path
    assert [name for name, _ in tf.train.list_variables(path)] == [
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        "both/0/.ATTRIBUTES/VARIABLE_VALUE",
        "both/1/.ATTRIBUTES/VARIABLE_VALUE",
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
    ]


def test_eager_code_restores_what_a_session_saved(tmp_path):
    path = saved(tmp_path)
    both = [tf.Variable(0.0), tf.Variable(0.0)]
    tf.train.Checkpoint(both=both).restore(path).assert_consumed()
    assert [float(v) for v in both] == [1.0, 2.0]


def test_a_session_restores_and_initialises_the_rest(graph, tmp_path):
    path = saved(tmp_path)
    a, b, other = variables("x", "y", "z")
    with v1.Session() as session:
        checkpoint = tf.train.Checkpoint(both=[a, b], other=other)
        status = checkpoint.restore(path)
        with pytest.raises(AssertionError, match="not bound to checkpointed values"):
            status.assert_consumed()
        status.initialize_or_restore(session)
        assert session.run([a, b, other]) == [1.0, 2.0, 0.0]
        session.run(a.assign(9.0))
        status.run_restore_ops()
        assert session.run([a, b, other]) == [1.0, 2.0, 0.0]
        checkpoint.restore(None).initialize_or_restore()
        assert session.run([a, b]) == [0.0, 0.0]


def test_variables_made_after_restoring(graph, tmp_path):
    path = saved(tmp_path)
    root = tf.train.Checkpoint()
    status = root.restore(path)
    root.both = variables("late", "later")
    with v1.Session() as session:
        status.assert_consumed().run_restore_ops(session)
        assert session.run(list(root.both)) == [1.0, 2.0]


def test_without_a_session(graph, tmp_path):
    path = saved(tmp_path)
    status = tf.train.Checkpoint(both=variables("a", "b")).restore(path)
    with pytest.raises(ValueError, match="session"):
        status.run_restore_ops()


# ---- variables that begin with values of a checkpoint ----


@pytest.fixture
def named(tmp_path):
    """A checkpoint with old/a, old/in/b and c."""
    with tf.Graph().as_default():
        with v1.variable_scope("old"):
            v1.get_variable("a", initializer=[1.0, 2.0])
            v1.get_variable("in/b", initializer=[[3.0]])
        v1.get_variable("c", initializer=4)
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            v1.train.Saver().save(session, str(tmp_path / "model"), global_step=3)
    return tmp_path


def fresh(scope="new/", last="c", dtype=tf.int32):
    zeros = v1.zeros_initializer()
    return [
        v1.get_variable(f"{scope}a", [2], initializer=zeros),
        v1.get_variable(f"{scope}in/b", [1, 1], initializer=zeros),
        v1.get_variable(last, [], dtype, initializer=zeros),
    ]


A, B, C, ZEROS = [1.0, 2.0], [[3.0]], 4, ([0.0, 0.0], [[0.0]], 0)


@pytest.mark.parametrize(
    ("mapping", "names", "expected"),
    [
        ({"old/a": "new/a"}, {}, [A, *ZEROS[1:]]),
        ({"old/": "new/"}, {}, [A, B, 0]),
        ({"old/in/": "new/in/"}, {}, [ZEROS[0], B, 0]),
        ({"old/": "new/", "c": "c"}, {}, [A, B, C]),
        ({"/": "/"}, {"scope": "old/"}, [A, B, C]),
        ({"/": "outer/"}, {"scope": "outer/old/", "last": "outer/c"}, [A, B, C]),
        ([("old/a", "new/a"), ("c", "c")], {}, [A, ZEROS[1], C]),
        ({"old/": "elsewhere/"}, {}, list(ZEROS)),
    ],
)
def test_variables_begin_with_values_of_a_checkpoint(graph, named, mapping, names, expected):
    made = fresh(**names)
    v1.train.init_from_checkpoint(str(named), mapping)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        assert [value.tolist() for value in session.run(made)] == expected


def test_a_variable_itself(graph, named):
    made = fresh()
    v1.train.init_from_checkpoint(str(named / "model-3"), {"old/a": made[0]})
    with v1.Session() as session:
        session.run(made[0].initializer)
        assert session.run(made[0]).tolist() == A


def test_variables_of_eager_code_take_values_at_once(named):
    variable = tf.Variable([0.0, 0.0])
    v1.train.init_from_checkpoint(str(named), {"old/a": variable})
    assert variable.numpy().tolist() == A


@pytest.mark.parametrize(
    ("mapping", "kind_of_error", "message"),
    [
        ({"zzz": "c"}, ValueError, "Tensor zzz is not found in"),
        ({"c": "zzz"}, ValueError, r"Should be 'scope/': 'other_scope/'"),
        ({"old/a": "c"}, ValueError, "Shape of variable c:0"),
        ({"old/": "c"}, ValueError, "Tensor old/ is not found in"),
        ({"c": "new/"}, ValueError, r"Should be 'scope/': 'other_scope/'"),
        ({"zz/": "new/"}, ValueError, "Tensor zz/a is not found in"),
        ({"c": 7}, TypeError, "has to go to a variable"),
        (7, TypeError, "has to be a dict"),
    ],
)
def test_what_cannot_be_assigned(named, mapping, kind_of_error, message):
    with tf.Graph().as_default():
        fresh()
        with pytest.raises(kind_of_error, match=message):
            v1.train.init_from_checkpoint(str(named), mapping)


def test_another_dtype_is_an_error_when_it_is_read(named):
    with tf.Graph().as_default():
        *_, last = fresh(dtype=tf.float32)
        v1.train.init_from_checkpoint(str(named), {"c": "c"})
        with (
            v1.Session() as session,
            pytest.raises(tf.errors.InvalidArgumentError, match="expected dtype"),
        ):
            session.run(last.initializer)


def test_no_checkpoint(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="none"):
        v1.train.init_from_checkpoint(str(tmp_path / "none"), {"/": "/"})
