"""When a program is compiled, and when it is divided: decisions from measurements alone.

Nothing here looks at a clock or at the state of the process, so that each decision can be tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What to do with a program in a call."""

    STAY = "run on the host"
    COMPILE = "compile for these shapes"
    DIVIDE = "compile parts of it"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and whether in this call or in the background while it runs on the host."""

    action: Action
    background: bool = False


STAY = Decision(Action.STAY)


@dataclass(frozen=True, slots=True)
class Setting:
    """How the process, and this call, are set.

    Attributes:
        tier: where functions are to run, see `chosen_tier`.
        blocking: the caller wants it compiled in the first call.
        background: a service compiles while calls go on.
        is_part: the program is a part of one that has been on the host for long enough.
        spare: there is a processor to compile on while calls go on.
    """

    tier: str
    blocking: bool = False
    background: bool = False
    is_part: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Measurements:
    """What is known of a program with arguments of certain shapes.

    Attributes:
        spent: seconds that it has run on the host so far.
        least: seconds of the fastest of these runs; None if it did not run. A call may have waited
            for other threads, so only the fastest tells what a run takes.
        price: seconds that compiling the program for other shapes took last; None if never.
    """

    spent: float = 0.0
    least: float | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Which calls of a program compile it.

    A program is compiled when it has run on the host for as long as compiling takes. So compiling
    never takes more time than running on the host did, however many shapes there are, and shapes
    that come seldom stay on the host.

    Where there is a processor to spare, what takes long is compiled from its first calls on, while
    they go on: that costs them little, and the sooner it is done the better.

    Attributes:
        compile_seconds: host time after which compiling is taken to pay; if it took longer last
            time, then that.
        background_share: the same in the background, once the program has been compiled for other
            shapes, as a share of what that took: a server's calls are slower while anything is
            compiled, so that all its batch sizes had better be done with soon.
        part_share: the same for the parts of a program that was divided, as a share of
            `compile_seconds`: the whole has been on the host for that long already.
        quick: seconds on the host below which nothing is compiled in the background: calling a
            program takes that too, and importing the compiler would hold all calls up for a third
            of a second.
        early_seconds: host time after which a program whose calls are long is compiled on a spare
            processor; for a part of a divided program its first call is enough.
        long_call: seconds of such a call.
    """

    compile_seconds: float = 1.0
    background_share: float = 0.25
    part_share: float = 0.1
    quick: float = 1e-4
    early_seconds: float = 0.15
    long_call: float = 0.01

    def budget(self, price: float | None, background: bool, is_part: bool = False) -> float:
        """Seconds that a program may run on the host with one signature before it is compiled.

        Args:
            price: see `Measurements`.
            background: whether a service compiles while calls go on.
            is_part: see `Setting`.
        """
        if price is None:
            return self.compile_seconds * (self.part_share if is_part else 1.0)
        return self.background_share * price if background else max(self.compile_seconds, price)

    def is_early(self, measured: Measurements, setting: Setting) -> bool:
        """Whether calls are long enough to compile for them while they go on."""
        long = measured.least is not None and measured.least >= self.long_call
        return setting.spare and long and measured.spent > self.early_budget(setting.is_part)

    def early_budget(self, is_part: bool) -> float:
        """Host time after which calls that are long are compiled for; see `early_seconds`."""
        return 0.0 if is_part else self.early_seconds

    def decide(
        self,
        measured: Measurements,
        setting: Setting,
        is_pure: bool,
        obstacle: str = "",
    ) -> Decision:
        """What a call does.

        Args:
            measured: what is known of the program with the shapes of this call.
            setting: how the process is set.
            is_pure: whether runs that nobody asked for do no harm, as the background's would.
            obstacle: what keeps the program from being compiled whole.
        """
        pinned = setting.tier == "xla"
        if setting.tier == "host":
            return STAY
        asked = pinned or setting.blocking
        budget = self.budget(measured.price, setting.background, setting.is_part)
        action = Action.DIVIDE if obstacle else Action.COMPILE
        if not asked and measured.spent <= budget:
            if not self.is_early(measured, setting):
                return STAY
            # Dividing takes no longer than a call.
            return Decision(action, background=action is Action.COMPILE)
        if asked or not setting.background or not is_pure:
            return Decision(action)
        least = self.quick if measured.least is None else measured.least
        return Decision(action, background=True) if least >= self.quick else STAY


def chosen_tier(pinned: str, jit: bool, seeds_required: bool) -> str:
    """Where functions run that were not asked to be compiled.

    Args:
        pinned: the tier that the user chose, "auto" if none.
        jit: whether the optimizer was asked to compile whatever can be compiled.
        seeds_required: whether the same result is wanted every time: what depends on how long
            things take is not for those who ask for that.

    >>> chosen_tier("auto", False, True), chosen_tier("xla", False, True)
    ('host', 'xla')
    """
    if pinned != "auto":
        return pinned
    if jit:
        return "xla"
    return "host" if seeds_required else pinned
