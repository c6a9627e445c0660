"""What `restore` returns: how much of a checkpoint and of the program found each other."""

from __future__ import annotations

from typing import Any

from tidefall.saving.checkpoint.in_session import initialize, run
from tidefall.saving.checkpoint.object_graph import ObjectGraph, has_values
from tidefall.saving.checkpoint.restoration import Restoration


class CheckpointLoadStatus:
    """The state of a restore. Values of objects that do not exist yet are put in later.

    Args:
        restoration: the checkpoint being restored.
        root: the object it is restored into.
        children: gives the children of an object by name.
    """

    def __init__(self, restoration: Restoration, root: Any, children: Any):
        self._restoration = restoration
        self._root = root
        self._children = children

    def assert_consumed(self) -> CheckpointLoadStatus:
        """Make sure that everything in the checkpoint was used, and every object was restored.

        Raises:
            AssertionError: if not; the message says what is left.
        """
        self.assert_existing_objects_matched()
        restoration = self._restoration
        for number in restoration.unmatched():
            raise AssertionError(
                f"Unresolved object in checkpoint {restoration.node_name(number)}: "
                f"{restoration.proto.nodes[number]}"
            )
        if restoration.unused:
            lines = "\n".join(
                f"{restoration.node_name(n)}: {name}" for n, name in restoration.unused
            )
            raise AssertionError(
                "Unused attributes in these objects (the attributes exist in the checkpoint but "
                f"were not restored):\n{lines}"
            )
        return self

    def assert_existing_objects_matched(self) -> CheckpointLoadStatus:
        """Make sure that every object of the program that now exists was restored.

        Raises:
            AssertionError: if not.
        """
        for obj in self._restoration.matched_objects():
            if obj._update_uid < self._restoration.uid:
                raise AssertionError(f"Object {obj!r} not assigned a value from checkpoint.")
        unmatched = self._unmatched_objects()
        if unmatched:
            shown = unmatched[:10]
            raise AssertionError(
                f"Found {len(unmatched)} Python objects that were not bound to checkpointed "
                "values, likely due to changes in the Python program. Showing "
                f"{len(shown)} of {len(unmatched)} unmatched objects: {shown}"
            )
        return self

    def assert_nontrivial_match(self) -> CheckpointLoadStatus:
        """Make sure that anything but the root was restored.

        Raises:
            AssertionError: if not.
        """
        if len(self._restoration.matched_objects()) <= 1:
            unmatched = self._unmatched_objects()
            if unmatched:
                raise AssertionError(
                    "Nothing except the root object matched a checkpointed value. Typically this "
                    "means that the checkpoint does not match the Python program. The following "
                    f"objects have no matching checkpointed value: {unmatched}"
                )
            raise AssertionError(
                f"Nothing to load. No dependencies have been added to {self._root} yet."
            )
        return self

    def _unmatched_objects(self) -> list[Any]:
        """Objects with values that took none."""
        matched = {id(obj) for obj in self._restoration.matched_objects()}
        graph = ObjectGraph(self._root, self._children)
        if not self._restoration.skip_slots:
            graph.add_slots()
        return [obj for obj in graph.nodes if has_values(obj) and id(obj) not in matched]

    def expect_partial(self) -> CheckpointLoadStatus:
        """Say nothing about values of the checkpoint that nobody took."""
        self._restoration.partial = True
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore the variables of a graph; others were restored when `restore` was called.

        Args:
            session: the session; None for the default one.
        """
        ops = self._restoration.restore_ops
        if ops:
            run(session, ops[0].graph, ops)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore the variables of a graph, and initialise those that the checkpoint lacks.

        Args:
            session: the session; None for the default one.
        """
        initialize(session, self._unmatched_objects())
        self.run_restore_ops(session)


class InitializationOnlyStatus:
    """What `restore(None)` returns: nothing was restored.

    Args:
        root: the object it would have been restored into.
        children: gives the children of an object by name.
    """

    def __init__(self, root: Any, children: Any):
        self._root = root
        self._children = children

    def _nothing(self) -> Any:
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_consumed = assert_existing_objects_matched = assert_nontrivial_match = _nothing

    def expect_partial(self) -> InitializationOnlyStatus:
        """Nothing to say."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Always an error: there is nothing to restore."""
        self._nothing()

    def initialize_or_restore(self, session: Any = None) -> None:
        """Initialise the variables of a graph; others are initialised when they are made."""
        objects = ObjectGraph(self._root, self._children)
        objects.add_slots()
        initialize(session, objects.nodes)


class NameBasedSaverStatus:
    """The state of restoring a checkpoint that knows its values by variables' names only."""

    def __init__(self, reader: Any, root: Any, children: Any):
        self._missing: list[Any] = []
        self._used: set[str] = set()
        self._keys = [key for key in reader if key != "global_step"]
        for obj in ObjectGraph(root, children).nodes:
            if has_values(obj):
                self._restore(reader, obj)

    def _restore(self, reader: Any, obj: Any) -> None:
        from tidefall.tensor.tensor import EagerTensor

        name = getattr(obj, "_shared_name", "")
        if name not in reader:
            self._missing.append(obj)
            return
        obj._restore_from_tensors({"VARIABLE_VALUE": EagerTensor(reader.read(name))})
        self._used.add(name)

    def assert_consumed(self) -> NameBasedSaverStatus:
        """Make sure that every variable and every value was used.

        Raises:
            AssertionError: if not.
        """
        unused = [key for key in self._keys if key not in self._used]
        if unused:
            raise AssertionError(f"Values of the checkpoint that no variable took: {unused}")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> NameBasedSaverStatus:
        """Make sure that every variable of the program found its name in the checkpoint.

        Raises:
            AssertionError: if not.
        """
        if self._missing:
            raise AssertionError(
                f"Some objects had attributes which were not restored: {self._missing}"
            )
        return self

    def assert_nontrivial_match(self) -> NameBasedSaverStatus:
        """The same as `assert_existing_objects_matched`."""
        return self.assert_existing_objects_matched()

    def expect_partial(self) -> NameBasedSaverStatus:
        """Say nothing about values that nobody took."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Nothing: values are restored when `restore` is called."""

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing: values are restored when `restore` is called."""
