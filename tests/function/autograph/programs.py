"""Programs with control flow over tensors, and arguments for them.

Each is an ordinary Python function: called eagerly it runs as it stands, which is what its
converted form is compared with. `compiles` is False for what XLA cannot run.
"""

# ruff: noqa: B007, SIM102 - the programs are written the way they are to be converted

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tidefall as tf


class Program(NamedTuple):
    function: Callable[..., Any]
    arguments: tuple[tuple[Any, ...], ...]
    compiles: bool = True


PROGRAMS: dict[str, Program] = {}


def program(*arguments: Any, compiles: bool = True) -> Callable[[Any], Any]:
    """Register a function with calls of it: each a tuple of arguments, or one argument."""

    def register(function: Any) -> Any:
        calls = tuple(a if isinstance(a, tuple) else (a,) for a in arguments)
        PROGRAMS[function.__name__] = Program(function, calls, compiles)
        return function

    return register


# ---- if ----


@program(3, -3, 0)
def sign(x):
    if x > 0:
        y = 1
    elif x < 0:
        y = -1
    else:
        y = 0
    return y


@program(3, -3)
def early_return(x):
    if x > 0:
        return x * 2
    return -x


@program(1, 6, -1)
def nested_returns(x):
    if x > 0:
        if x > 5:
            return 100
    return x + 1


@program(1, 2, 3, 4, 5)
def returns_everywhere(x):
    if x == 1:
        return 10
    elif x == 2:
        if x > 0:
            return 20
        x = x + 1
    elif x > 3:
        if x > 4:
            return 50
        else:
            x = x + 100
    return x


@program(3, -3)
def assigned_in_one_branch(x):
    y = x + 1
    if x > 0:
        y = y * 2
    return y


@program(3, -3)
def unused_after(x):
    if x > 0:
        temporary = x * 2
        x = temporary + 1
    return x


@program(3, -3)
def structures(x):
    pair, named = (x, [x]), {"a": x}
    if x > 0:
        pair, named = (pair[1][0] + 1, [x + 2]), {"a": x + 3}
    return pair, named


@program(3, -3)
def swapped(x):
    a, b = x, x + 1
    if a > 0:
        a, b = b, a
    return a - 2 * b


@program(([1.0, 2.0],), ([-1.0, -2.0],), compiles=False)
def shapes_that_differ(x):
    if x[0] > 0:
        x = tf.concat([x, x], 0)
    return tf.reduce_sum(x)


@program(("a",), ("b",), compiles=False)
def strings(x):
    if x == "a":
        return "yes"
    return "no"


@program(2, -2)
def python_values_stay_python(x):
    layers = [1, 2, 3]
    total = 0
    for layer in layers:
        if layer == 2:
            continue
        total += layer * x
    if len(layers) > 5 and x > 0:
        total = total + 1000
    return total


@program(2, -2)
def in_with_and_try(x):
    try:
        with tf.name_scope("scope"):
            if x > 0:
                return x
            x = x - 1
    finally:
        x = x * 2
    return x


# ---- while ----


@program(5, 0)
def counting(n):
    i = 0
    while i < n:
        i += 1
    return i


@program(27, 1, 6)
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@program(48, 17)
def greatest_common_divisor(a):
    b = a // 3 + 2
    while b != 0:
        a, b = b, a % b
    return a


@program(10, 3)
def with_break(n):
    i, total = 0, 0
    while i < n:
        if total > 10:
            break
        total += i
        i += 1
    return i, total


@program(10, 3)
def with_continue(n):
    i, total = 0, 0
    while i < n:
        i += 1
        if i % 2 == 0:
            continue
        total += i
    return total


@program(10, 3, 0)
def break_and_continue(n):
    i, total = 0, 0
    while i < n:
        i += 1
        if i == 2:
            continue
        if i == 7:
            break
        total += i
    else:
        total = -total
    return i, total


@program(7, 2)
def while_true(n):
    i = 0
    while True:
        if i >= n:
            break
        i += 2
    return i


@program(7, 2)
def while_true_return(n):
    i = 0
    while True:
        if i * i >= n:
            return i
        i += 1


@program(7, 0)
def test_becomes_a_tensor(n):
    i = 0
    while i < 6:
        i = i + n + 1
    return i


@program(4, 0)
def nested_while(n):
    i, total = 0, 0
    while i < n:
        j = 0
        while j < i:
            total += j
            j += 1
        i += 1
    return total


@program(12, 2)
def prime_count(n):
    count = 0
    for i in tf.range(2, n):
        divisible = False
        j = 2
        while j * j <= i:
            if i % j == 0:
                divisible = True
                break
            j += 1
        if not divisible:
            count += 1
    return count


@program(7, 2)
def break_of_a_loop_inside_with(n):
    i = 0
    with tf.name_scope("scope"):
        while i < n:
            if i == 4:
                break
            i += 1
    return i


# ---- for ----


@program(5, 0)
def sum_of_range(n):
    total = 0
    for i in tf.range(n):
        total += i
    return total


@program(10, 1)
def builtin_range_of_a_tensor(n):
    total = 0
    for i in range(1, n, 2):
        total += i
    return total


@program(10)
def downwards(n):
    total = 0
    for i in tf.range(n, 0, -3):
        total = total * 10 + i
    return total


@program(([1.0, 2.0, 3.0],))
def rows(x):
    product = 1.0
    for value in x:
        product *= value
    return product


@program(([[1.0, 2.0], [3.0, 4.0]],))
def rows_of_a_matrix(x):
    total = tf.zeros([2])
    for row in x:
        total = total * 2 + row
    return total


@program(([3, 5, 8, 1],), ([2, 4],))
def search(x):
    for value in x:
        if value % 2 == 0:
            return value
    return -1


@program(6, 3)
def for_else(n):
    total = 0
    for i in tf.range(n):
        if i == 4:
            break
        total += i
    else:
        total = -1
    return total


@program(4, 1)
def return_from_nested_loops(n):
    for i in tf.range(n):
        for j in tf.range(n):
            if i * j > 3:
                return i * 10 + j
    return -1


@program(4, 7)
def breaks_at_two_levels(n):
    total = 0
    for i in tf.range(n):
        for j in tf.range(n):
            if j > i:
                break
            if (i + j) % 3 == 0:
                continue
            total += i * j
        if total > 20:
            break
    return total


@program(4)
def target_after_the_loop(n):
    for i in tf.range(n):
        pass
    return i


@program(3, 9)
def python_loop_stopped_by_a_tensor(n):
    total = 0
    for i in range(5):
        if i >= n:
            break
        total += i + 1
    return total


@program(3, 9)
def return_from_a_python_loop(n):
    for i in [1, 2, 4, 8]:
        if i > n:
            return i
    return 0


@program(3)
def undefined_before_the_loop(n):
    for i in tf.range(n):
        last = i * 2
    return last


@program(4, 0, compiles=False)
def list_append(n):
    squares = []
    for i in tf.range(n):
        squares.append(i * i)
    return tf.reduce_sum(tf.stack(squares)) if n > 0 else tf.constant(0)


@program(5, compiles=False)
def list_append_in_a_branch(n):
    odd = [tf.constant(-1)]
    i = 0
    while i < n:
        if i % 2 == 1:
            odd.append(i)
        i += 1
    return odd[-1], len(odd)


@program(4)
def python_list_append(n):
    parts = []
    for i in range(3):
        parts.append(n + i)
    return tf.add_n(parts)


@program(4)
def tensor_array(n):
    array = tf.TensorArray(tf.int32, size=n)
    for i in tf.range(n):
        array = array.write(i, i * i)
    return array.stack()


@program(4)
def two_counters(n):
    total = 0
    for i, j in enumerate([1, 2, 3]):
        total += i * j * n
    for a, b in zip([1, 2], [3, 4], strict=True):
        total += a * b
    return total


# ---- expressions ----


@program(3, -3)
def ternary(x):
    return x if x > 0 else -x


@program(3, -3, 7)
def boolean_operators(x):
    return (x > 0 and x < 5) or x == 7, not (x > 0), x > 0 or x < -5 or x == 0


@program(3, -3, 7)
def comparison_chain(x):
    y = 0
    if 0 < x < 5:
        y = 1
    return y, 0 < x <= 7 != 5


@program(([5, 1, 2],), ([0, 0, 0],))
def short_circuit(x):
    i = 0
    while i < 3 and x[i] > 0:
        i += 1
    return i


@program(3, -3)
def walrus(x):
    if (y := x + 1) > 0:
        return y
    return x


@program(3)
def comprehension(x):
    scale = 2
    return tf.add_n([i * x * scale for i in range(4) if i != 2])


@program(3, -4)
def builtins(x):
    return abs(x), max(x, 1), min(x, 1, -9), int(x), float(x)


@program(([3, 1, 2],))
def builtins_of_vectors(x):
    return len(x), max(x), min(x), tf.convert_to_tensor(sorted(x)), any(x > 2), all(x > 2)


@program(([1, 2, 3],))
def item_assignment(x):
    copy = [x[0], x[1], x[2]]
    if x[0] > 0:
        copy[1] = x[2]
    return copy


# ---- functions ----


def _helper(x, *, by=2):
    if x > 0:
        return x * by
    return x


@program(3, -3)
def calls_another(x):
    return _helper(x) + _helper(x, by=3) + _helper(by=4, x=x)


@program(5, 0)
def recursion(n):
    return _factorial(n, 6)


def _factorial(n, depth):
    if depth == 0:
        return tf.constant(1)
    if n <= 1:
        return tf.constant(1)
    return n * _factorial(n - 1, depth - 1)


@program(3, -3)
def closure(x):
    factor = 3

    def scaled(y):
        if y > 0:
            return y * factor
        return y

    factor = 4
    return scaled(x)


@program(4)
def functions_defined_in_a_loop(n):
    total = 0
    for i in tf.range(n):

        def square(y):
            return y * y if y > 1 else y

        double = lambda: i * 2  # noqa: B023, E731 - called in the same iteration
        total += square(i) + double() + tf.cond(i > 1, lambda: i, lambda: 0)  # noqa: B023
    return total


@program(4, 1)
def returns_nothing(n):
    for i in tf.range(n):
        if i > 1:
            return


@program(3, -3)
def nonlocal_variable(x):
    count = 0

    def bump():
        nonlocal count
        if x > 0:
            count += 1
        return count

    bump()
    bump()
    return count


@program(3, -3)
def lambdas(x):
    pick = (lambda v: v if v > 0 else -v, lambda v: v * 2 if v > 0 else v)
    return pick[0](x), pick[1](x)


@program(3, -3)
def partial(x):
    return functools.partial(_helper, by=5)(x)


@program(([1, -2, 3],))
def mapped(x):
    return tf.map_fn(lambda v: v if v > 0 else -v, x)


def _positive(v):
    if v > 0:
        return v
    return -v


@program(([1, -2, 3],))
def functions_given_to_functions(x):
    absolute = tf.map_fn(_positive, x)
    first = tf.cond(x[0] > 5, lambda: x[0], lambda: _positive(x[1]))
    return absolute, first, tf.scan(lambda a, v: a + _positive(v), x)


def _doubled(function):
    @functools.wraps(function)
    def wrapper(x):
        if x > 100:
            x = x - 100
        return function(x) * 2

    return wrapper


@_doubled
def _decorated(x):
    if x > 0:
        return x
    return x - 1


@program(3, -3, 105)
def decorated(x):
    return _decorated(x)


class _Counter:
    step = 2

    def __init__(self):
        self.count = 0
        self.__hidden = 10

    def run(self, n):
        for i in tf.range(n):
            if i % self.step == 0:
                self.count += 1
                self.__hidden += i
        return self.count, self.__hidden

    def __call__(self, x):
        if x > 0:
            return x + self.__hidden
        return x


class _Special(_Counter):
    def run(self, n):
        _ = super(_Special, self).__init__  # noqa: UP008 - the class by its own name
        count, hidden = super().run(n)
        if count > 1:
            count = count * 10
        return count, hidden


@program(5, 1)
def methods(n):
    return _Counter().run(n), _Special().run(n), _Counter()(n)


@program(3)
def generator(x):
    def parts():
        for i in range(3):
            if i != 1:
                yield x * i

    total = 0
    for part in parts():
        total += part
    return total


@program(3, -3)
def dictionary_state(x):
    counts = {"a": 0, "b": 1}
    alias = counts
    if x > 0:
        counts["a"] = x
    for i in tf.range(3):
        counts["b"] += i
    return alias


@program(3, -3)
def attribute_state(x):
    class Box:
        pass

    box = Box()
    box.value = x
    if x > 0:
        box.value = box.value * 2
    for i in tf.range(2):
        box.value += i
    return box.value


@program(15, 7)
def fizz_buzz(n):
    score = 0
    for i in tf.range(1, n + 1):
        if i % 3 == 0 and i % 5 == 0:
            score += 15
        elif i % 3 == 0:
            score += 3
        elif i % 5 == 0:
            score += 5
        else:
            score += 1
    return score


@program(([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]],))
def rnn(x):
    x = tf.transpose(x, [1, 0, 2])
    state = tf.zeros([2, 1])
    outputs = tf.TensorArray(tf.float32, size=3)
    for i in tf.range(3):
        state = tf.tanh(x[i] + 0.5 * state)
        outputs = outputs.write(i, state)
    return tf.transpose(outputs.stack(), [1, 0, 2]), state


@program(([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]],))
def dynamic_rnn_with_a_list(x):
    x = tf.transpose(x, [1, 0, 2])
    state = tf.zeros([2, 1])
    outputs = []
    for i in tf.range(3):
        state = tf.tanh(x[i] + 0.5 * state)
        outputs.append(state)
    return tf.transpose(tf.stack(outputs), [1, 0, 2]), state


@program((2.0,), (9.0,))
def square_root(x):
    guess = x
    while tf.abs(guess * guess - x) > 1e-3:
        guess = 0.5 * (guess + x / guess)
    return tf.round(guess * 100)
