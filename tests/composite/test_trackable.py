"""The object graph: children, wrapped containers, views. Values are TensorFlow 2.21's."""

import collections
import copy
import json
import pickle

import pytest

from tidefall.composite.trackable import auto_trackable
from tidefall.composite.trackable.auto_trackable import AutoTrackable, TrackableView
from tidefall.composite.trackable.data_structures import (
    List,
    ListWrapper,
    Mapping,
    NoDependency,
    _DictWrapper,
    _TupleWrapper,
    wrap_or_unwrap,
)
from tidefall.composite.trackable.trackable import (
    Trackable,
    no_automatic_dependency_tracking,
    no_automatic_dependency_tracking_scope,
    no_manual_dependency_tracking_scope,
)

Point = collections.namedtuple("Point", "x y")


class Node(AutoTrackable):
    def __repr__(self):
        return "Node"


class Variable(Trackable):
    _is_variable = True

    def __init__(self, trainable=True):
        self.trainable = trainable


def names(trackable, *args):
    return list(trackable._trackable_children(*args))


def test_children_are_unique_by_name():
    parent, child = Trackable(), Trackable()
    assert parent._track_trackable(child, "x") is child
    parent._track_trackable(child, "x")
    with pytest.raises(ValueError, match="name='x', but a Trackable with this name is already"):
        parent._track_trackable(Trackable(), "x")
    other = parent._track_trackable(Trackable(), "x", overwrite=True)
    assert parent._trackable_children() == {"x": other}
    assert parent._lookup_dependency("x") is other
    assert parent._lookup_dependency("y") is None
    assert parent._lookup_dependency("y", {"y": 5}) == 5
    assert parent._checkpoint_dependencies == [("x", other)]
    with pytest.raises(TypeError, match=r"objects of type Trackable. Got type <class 'int'>"):
        parent._track_trackable(3, "x")


def test_what_a_plain_trackable_does_not_do():
    trackable = Trackable()
    for call in (
        trackable._serialize_to_tensors,
        lambda: trackable._restore_from_tensors({}),
        lambda: trackable._copy_trackable_to_cpu({}),
    ):
        with pytest.raises(NotImplementedError):
            call()
    assert trackable._export_to_saved_model_graph({}, {}, None) == []
    assert trackable._gather_saveables_for_checkpoint() == {}
    assert trackable._object_identifier == "_generic_user_object"
    assert trackable._deserialization_dependencies({}) == {}
    assert trackable._update_uid == -1
    assert isinstance(Trackable._deserialize_from_proto(proto=None), Trackable)


def test_deferred_restores_run_when_the_child_is_added():
    node, seen = Node(), []
    node._deferred_dependencies["w"] = [seen.append, lambda child: seen.append("again")]
    node.other = Node()
    assert seen == []
    node.w = Node()
    assert seen == [node.w, "again"]
    assert node._deferred_dependencies == {}


def test_attributes_become_children():
    node = Node()
    node.x, node.y, node.z, node.w, node.t, node.n = Node(), 3, [1], {"a": 1}, (1, 2), None
    assert names(node) == ["x", "z", "w"]
    assert (type(node.z), type(node.w), type(node.t)) == (ListWrapper, _DictWrapper, tuple)
    del node.x
    assert names(node) == ["z", "w"]
    node.z = 5
    assert names(node) == ["z", "w"]
    node.w = replacement = Node()
    assert node._trackable_children()["w"] is replacement
    with pytest.raises(AttributeError):
        del node.nope
    assert vars(Node()) == {}


def test_wrapping_keeps_identity_where_it_can():
    node = Node()
    wrapper = ListWrapper([1])
    node.a = wrapper
    assert node.a is wrapper
    plain = [Node()]
    node.b, node.c = plain, plain
    assert node.b is not node.c
    assert node.b == node.c


def test_tracking_can_be_turned_off():
    class Quiet(Node):
        @no_automatic_dependency_tracking
        def build(self):
            self.v, self.items = Node(), [1]
            return self._setattr_tracking

    node = Quiet()
    assert node.build() is False
    assert node._setattr_tracking
    assert node.build.__name__ == "build"
    with no_automatic_dependency_tracking_scope(node):
        node.more = [2]
    with no_manual_dependency_tracking_scope(node):
        node._track_trackable(Node(), "foo")
    assert node._trackable_children() == {}
    assert type(node.items) is type(node.more) is list
    node.quiet = NoDependency([Node()])
    assert type(node.quiet) is list
    assert node._trackable_children() == {}


class Function(Trackable):
    """A function as `tf.function` makes it, as far as tracking sees it."""

    def __init__(self, log):
        self.log = log

    def _list_all_concrete_functions_for_serialization(self):
        self.log.append(self)


def test_saved_models_hold_functions_too():
    log = []

    class Model(Node):
        sig = Function(log)
        call = Function(log)

        @property
        def broken(self):
            raise ValueError("broken")

    model = Model()
    model.v, model.cf = Node(), Function(log)
    assert names(model, "checkpoint") == ["v", "cf"]
    assert log == []
    assert names(model, "savedmodel") == ["v", "call", "cf", "sig"]
    assert set(log) == {model.call, model.cf, model.sig}
    assert names(model, "other") == ["v", "cf"]


def test_lists_work_on_what_they_wrap():
    source = [1, Node(), [2]]
    wrapper = ListWrapper(source)
    assert type(source[2]) is ListWrapper
    assert wrapper == source
    assert wrapper >= [1]
    assert not wrapper < [1]
    assert (wrapper.index(1), wrapper.count(1), 1 in wrapper, len(wrapper)) == (0, 1, True, 3)
    assert type(wrapper[0:2]) is type(wrapper + [1]) is type([1] + wrapper) is list
    assert type(wrapper * 2) is list
    assert list(reversed(wrapper)) == source[::-1]
    assert repr(wrapper) == "ListWrapper([1, Node, ListWrapper([2])])"
    assert json.dumps(ListWrapper([1, 2])) == "[1, 2]"
    assert isinstance(wrapper, list)
    with pytest.raises(TypeError, match="unhashable type: 'ListWrapper'"):
        hash(wrapper)
    for twin in (copy.copy(wrapper), wrapper.copy()):
        assert type(twin) is ListWrapper
        assert twin[1] is wrapper[1]
    deep = copy.deepcopy(wrapper)
    assert type(deep) is ListWrapper
    assert names(deep) == ["1", "2"]
    assert deep[1] is not wrapper[1]
    assert type(pickle.loads(pickle.dumps(ListWrapper([1])))) is ListWrapper
    source.append(4)
    assert len(wrapper) == 4


def test_appended_elements_are_wrapped():
    wrapper = ListWrapper([])
    wrapper.append([1])
    wrapper.extend([{"a": 1}, (1, [2])])
    wrapper += [(1, 2)]
    assert [type(element) for element in wrapper] == [
        ListWrapper,
        _DictWrapper,
        _TupleWrapper,
        tuple,
    ]
    assert names(wrapper) == ["0", "1", "2"]
    wrapper.append(NoDependency(Node()))
    assert isinstance(wrapper[-1], Node)
    assert names(wrapper) == ["0", "1", "2"]


LIST_CHANGES = {
    "insert": lambda w: w.insert(0, 3),
    "delete": lambda w: w.__delitem__(0),
    "pop": lambda w: w.pop(),
    "remove": lambda w: w.remove(w[0]),
    "clear": lambda w: w.clear(),
    "reverse": lambda w: w.reverse(),
    "sort": lambda w: w.sort(key=str),
    "slice": lambda w: w.__setitem__(slice(0, 1), [5, 6]),
    "set": lambda w: w.__setitem__(0, 7),
}


@pytest.mark.parametrize("change", LIST_CHANGES.values(), ids=LIST_CHANGES)
def test_lists_of_trackables_may_only_grow(change):
    changed = ListWrapper([Node(), 1])
    change(changed)
    with pytest.raises(ValueError, match="A list element was replaced"):
        changed._trackable_children()
    plain = ListWrapper([1, 2])
    expected = [1, 2]
    change(plain)
    change(expected)
    assert plain == expected
    assert list.__len__(plain) == len(expected)
    assert plain._trackable_children() == {}


def test_setting_an_untracked_element_is_fine():
    wrapper = ListWrapper([1, Node()])
    wrapper[0] = 2
    assert names(wrapper) == ["1"]
    wrapper[0] = Node()
    assert sorted(names(wrapper)) == ["0", "1"]
    wrapper[-2] = 5
    with pytest.raises(ValueError, match="A list element was replaced"):
        wrapper._trackable_children()


def test_changes_behind_the_wrapper_are_noticed():
    node, source, table = Node(), [], {}
    node.items, node.table = source, table
    source.append(Node())
    table["k"] = Node()
    assert (len(node.items), len(node.table)) == (1, 1)
    with pytest.raises(ValueError, match="The wrapped list was modified outside the wrapper"):
        node.items._trackable_children()
    with pytest.raises(ValueError, match="The wrapped dictionary was modified outside the wrapp"):
        node.table._trackable_children()
    node.items.append(Node())
    with pytest.raises(ValueError, match="modified outside"):
        node.items._trackable_children()


def test_dicts_work_on_what_they_wrap():
    wrapper = _DictWrapper({"b": Node(), "a": {"c": [1]}})
    assert type(wrapper["a"]) is _DictWrapper
    assert type(wrapper["a"]["c"]) is ListWrapper
    assert names(wrapper) == list(wrapper) == ["b", "a"]
    assert isinstance(wrapper, dict)
    assert {**wrapper} == dict(wrapper) == wrapper
    assert wrapper.get("z", 3) == 3
    assert list(reversed(wrapper)) == ["a", "b"]
    assert type(wrapper | {"z": 1}) is type({"z": 1} | wrapper) is dict
    plain = _DictWrapper({"a": 1})
    assert (repr(plain), str(plain)) == ("DictWrapper({'a': 1})", "{'a': 1}")
    assert json.dumps(plain) == '{"a": 1}'
    assert type(pickle.loads(pickle.dumps(plain))) is dict
    with pytest.raises(TypeError, match="unhashable type: 'DictWrapper'"):
        hash(plain)
    for twin in (copy.copy(wrapper), wrapper.copy()):
        assert type(twin) is _DictWrapper
        assert twin["b"] is wrapper["b"]
    deep = copy.deepcopy(wrapper)
    assert names(deep) == ["b", "a"]
    assert deep["b"] is not wrapper["b"]


def test_ordered_dicts_still_look_like_it():
    wrapper = wrap_or_unwrap(collections.OrderedDict(b=1, a=2))
    assert type(wrapper) is _DictWrapper
    assert isinstance(wrapper, collections.OrderedDict)
    wrapper.move_to_end("b")
    assert list(wrapper) == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "children"),
    [
        (lambda d: d.__setitem__("a", Node()), ["a"]),
        (lambda d: d.__setitem__("a", 3), ["a"]),
        (lambda d: d.__delitem__("a"), ["a"]),
        (lambda d: d.update({"b": Node()}, c=[1]), ["a", "b", "c"]),
    ],
)
def test_dict_changes_that_can_be_saved(change, children):
    wrapper = _DictWrapper({"a": Node()})
    change(wrapper)
    assert names(wrapper) == children


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("a"), "modified outside the wrapper"),
        (lambda d: d.popitem(), "modified outside the wrapper"),
        (lambda d: d.clear(), "modified outside the wrapper"),
        (lambda d: d.setdefault("q", Node()), "modified outside the wrapper"),
        (lambda d: d.__ior__({"q": 1}), "modified outside the wrapper"),
        (lambda d: d.__setitem__(1, Node()), "contains a non-string key which maps to a trackable"),
    ],
)
def test_dict_changes_that_cannot_be_saved(change, message):
    wrapper = _DictWrapper({"a": Node()})
    change(wrapper)
    assert dict.__len__(wrapper) == len(wrapper)
    with pytest.raises(ValueError, match=message):
        wrapper._trackable_children()


def test_non_string_keys_of_plain_values_are_fine():
    assert _DictWrapper({1: 1})._trackable_children() == {}


def test_tuples_with_something_to_track():
    wrapper = _TupleWrapper((Node(), [1]))
    assert names(wrapper) == ["0", "1"]
    assert type(wrapper[1]) is ListWrapper
    assert wrapper.__class__ is tuple
    assert type(wrapper + (1,)) is type(wrapper[0:1]) is tuple
    assert repr(wrapper) == "_TupleWrapper((Node, ListWrapper([1])))"
    assert hash(_TupleWrapper((1, 2))) == hash((1, 2))
    assert json.dumps(_TupleWrapper((1, 2))) == "[1, 2]"
    assert pickle.loads(pickle.dumps(_TupleWrapper((1, 2)))) == (1, 2)
    assert type(copy.copy(wrapper)) is type(copy.deepcopy(wrapper)) is _TupleWrapper
    point = wrap_or_unwrap(Point(Node(), [1]))
    assert isinstance(point, Point)
    assert names(point) == ["x", "y", "0", "1"]
    assert point._asdict()["x"] is point.x
    assert point == Point(point.x, [1])


@pytest.mark.parametrize(
    ("value", "wrapped"),
    [
        ([1], ListWrapper),
        ({}, _DictWrapper),
        (collections.OrderedDict(), _DictWrapper),
        (collections.defaultdict(list), collections.defaultdict),
        (collections.UserDict(), collections.UserDict),
        ({1}, set),
        ((1, 2), tuple),
        (((1, 2),), tuple),
        (((1, [2]),), _TupleWrapper),
        ((Node(),), _TupleWrapper),
        (3, int),
        (NoDependency(3), int),
        (NoDependency([3]), list),
        (ListWrapper([]), ListWrapper),
    ],
)
def test_what_is_wrapped(value, wrapped):
    assert type(wrap_or_unwrap(value)) is wrapped


def test_subclasses_of_list_and_dict_are_left_alone():
    for base in (list, dict):
        cls = type("Sub", (base,), {})
        assert type(wrap_or_unwrap(cls())) is cls


def test_list_takes_trackables_only():
    node = Node()
    items = List([node, [1]])
    items.append(Node())
    items += [Node()]
    assert repr(items) == "List([Node, ListWrapper([1]), Node, Node])"
    assert names(items) == ["0", "1", "2", "3"]
    assert type(items.copy()) is List
    assert type(items + [1]) is list
    assert items[0] is node
    assert isinstance(hash(items), int)
    for bad in (lambda: List([1]), lambda: items.append(3), lambda: items.extend([3])):
        with pytest.raises(ValueError, match="Only trackable objects"):
            bad()
    with pytest.raises(TypeError):
        items[0] = node


def test_mapping_takes_each_key_once():
    mapping = Mapping(b=Node())
    mapping["a"] = [Node()]
    mapping.update({"z": Node()}, y=Node())
    assert names(mapping) == list(mapping) == ["b", "a", "z", "y"]
    assert repr(Mapping({"a": Node()})) == "Mapping({'a': Node})"
    mapping["b"] = mapping["b"]
    with pytest.raises(ValueError, match="Tried to overwrite the key 'b' with value Node"):
        mapping["b"] = Node()
    with pytest.raises(TypeError, match="accepts only string keys, but got a key 1"):
        mapping[1] = Node()
    with pytest.raises(ValueError, match="Only trackable objects"):
        mapping["q"] = 1
    assert "q" not in mapping


def test_containers_gather_variables():
    weight, state = Variable(), Variable(trainable=False)
    items = ListWrapper([weight, {"s": state}, (weight, [1])])
    assert items.variables == [weight, state]
    assert items.trainable_variables == [weight]
    assert items.non_trainable_variables == [state]
    items.trainable = False
    assert items.trainable_variables == []
    assert items.non_trainable_variables == [weight, state]


def test_view_walks_level_by_level():
    root = Node()
    root.x = root.y = Variable()
    root.loop = [root]
    root.deep = [1, [Node()]]
    view = TrackableView(root)
    kinds = [type(found).__name__ for found in view.descendants()]
    assert kinds == ["Node", "Variable", "ListWrapper", "ListWrapper", "ListWrapper", "Node"]
    assert list(TrackableView.children(root)) == ["x", "y", "loop", "deep"]
    assert view.root is root
    paths = view._descendants_with_paths()[1]
    assert [step.name for step in paths[id(root.deep[1][0])]] == ["deep", "1", "0"]
    del root, kinds, view
    with pytest.raises(TypeError):
        TrackableView(3)


def test_view_of_a_dead_root():
    root = Trackable()
    view = TrackableView(root)
    del root
    with pytest.raises(AssertionError, match="no longer exists"):
        view.descendants()


def test_view_converts_children(monkeypatch):
    class Holder(Trackable):
        def __init__(self, child):
            self.child = child

        def _trackable_children(self, save_type="checkpoint", **kwargs):
            return {"a": self.child, save_type: Node(), **kwargs}

    found = TrackableView.children(Holder([1]), "savedmodel", cache={})
    assert {name: type(child) for name, child in found.items()} == {
        "a": ListWrapper,
        "savedmodel": Node,
        "cache": _DictWrapper,
    }
    with pytest.raises(ValueError, match=r"Cannot convert 3 to Trackable."):
        TrackableView.children(Holder(3))
    monkeypatch.setattr(auto_trackable, "_converters", [])
    auto_trackable.register_trackable_converter(
        lambda value, parent: Variable() if value == 3 else None
    )
    assert type(TrackableView.children(Holder(3))["a"]) is Variable
    with pytest.raises(ValueError, match="Cannot convert"):
        TrackableView.children(Holder(4))
