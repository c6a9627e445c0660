"""What a loop computes of each element alone is computed of all elements before it."""

from __future__ import annotations

from tidefall.lite.converter.ir import Operator, Subgraph, Value


def move_products_out(subgraph: Subgraph) -> int:
    """Products of one step's input with constant weights become one product before the loop.

    A recurrent layer multiplies the input of each step with the same weights; all steps at once
    take a fraction of the time.
    """
    count = 0
    for loop in [o for o in subgraph.operators if o.code == "WHILE"]:
        body: Subgraph = loop.options["body_subgraph_index"]
        for operator in list(body.operators):
            if operator.code == "FULLY_CONNECTED" and _moves(operator, loop, body):
                _move(operator, loop, body, subgraph)
                count += 1
    return count


def _place(value: Value, body: Subgraph) -> int | None:
    """Which input of a loop a value of its body is, if every round gets the same."""
    for i, v in enumerate(body.inputs):
        if v is value:
            return i if _is_passed_on(body.outputs[i], v) else None
    return None


def _is_passed_on(output: Value, given: Value) -> bool:
    while output is not given:
        operator = output.producer
        if (
            operator is None
            or operator.code != "RESHAPE"
            or operator.output.shape != operator.input(0).shape
        ):
            return False
        output = operator.input(0)
    return True


def _moves(operator: Operator, loop: Operator, body: Subgraph) -> bool:
    x, weights = operator.input(0), operator.input(1)
    gather = x.producer
    if gather is None or gather.code != "GATHER" or not weights.is_constant or x.rank != 2:
        return False
    if gather.options.get("axis") or gather.input(1).rank or gather.options.get("batch_dims"):
        return False
    return _place(gather.input(0), body) is not None


def _move(operator: Operator, loop: Operator, body: Subgraph, outer: Subgraph) -> None:
    gather = operator.input(0).producer
    assert gather is not None
    stacked = gather.input(0)
    place = _place(stacked, body)
    assert place is not None
    given = loop.input(place)
    weights = operator.input(1)
    dims = (*given.shape[:-1], weights.shape[0])
    all_steps = Value(operator.output.name, given.dtype, dims)
    all_steps.layer = operator.layer
    made = Operator(
        "FULLY_CONNECTED", [given, weights, *operator.inputs[2:]], [all_steps],
        {**operator.options, "keep_num_dims": True}, operator.layer, operator.line,
    )  # fmt: skip
    outer.operators.insert(outer.operators.index(loop), made)
    cond: Subgraph = loop.options["cond_subgraph_index"]
    inner = Value(all_steps.name, given.dtype, (*stacked.shape[:-1], weights.shape[0]))
    passed = Value(all_steps.name, given.dtype, inner.shape)
    copied = next((o for o in body.operators if o.output is body.outputs[place]), None)
    body.inputs.append(inner)
    cond.inputs.append(Value(all_steps.name, given.dtype, inner.shape))
    if copied is not None:
        shape_of = Operator(
            "SHAPE",
            [inner],
            [Value(inner.name, "int32", [inner.rank])],
            {"out_type": "int32"},
            operator.layer,
        )
        keep = Operator("RESHAPE", [inner, shape_of.output], [passed], {}, operator.layer)
        body.operators += [shape_of, keep]
        body.outputs.append(passed)
    else:
        body.outputs.append(inner)
    loop.inputs.append(all_steps)
    extra = Value(all_steps.name, given.dtype, dims)
    extra.producer = loop
    loop.outputs.append(extra)
    index = body.operators.index(operator)
    body.operators[index] = Operator(
        "GATHER", [inner, gather.inputs[1]], [operator.output], {"axis": 0, "batch_dims": 0},
        operator.layer, operator.line,
    )  # fmt: skip


def drop_unused_carries(subgraph: Subgraph) -> int:
    """Values that go around a loop and that nobody reads are not carried."""
    count = 0
    uses = subgraph.uses()
    outputs = {id(v) for v in subgraph.outputs}
    for loop in [o for o in subgraph.operators if o.code == "WHILE"]:
        body: Subgraph = loop.options["body_subgraph_index"]
        cond: Subgraph = loop.options["cond_subgraph_index"]
        inside, asked = body.uses(), cond.uses()
        for i in reversed(range(len(loop.inputs))):
            given, result = body.inputs[i], body.outputs[i]
            if (
                result is given and id(given) not in inside and id(cond.inputs[i]) not in asked
                and id(loop.outputs[i]) not in uses and id(loop.outputs[i]) not in outputs
                and len(loop.inputs) > 1 and sum(v is given for v in body.outputs) == 1
            ):  # fmt: skip
                for items in (loop.inputs, loop.outputs, body.inputs, body.outputs, cond.inputs):
                    del items[i]
                count += 1
    return count
