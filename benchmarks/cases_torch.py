"""The cases in PyTorch: eager, and torch.compile where a C++ compiler is at hand."""

import shutil

import torch

from benchmarks import timing


def add(clock):
    names = {"add": torch.add, "a": torch.ones(8, 8), "b": torch.ones(8, 8)}
    return {"eager": clock.statement("add(a, b)", names)}


def matmul(clock):
    names = {"matmul": torch.matmul, "a": torch.ones(8, 8), "b": torch.ones(8, 8)}
    return {"eager": clock.statement("matmul(a, b)", names)}


def gradient(clock):
    v = torch.ones(8, 8, requires_grad=True)
    names = {"f": lambda: torch.autograd.grad((v * v).sum(), v)}
    return {"eager": clock.statement("f()", names)}


def compiled_call(clock):
    if not shutil.which("g++"):
        raise timing.Unavailable("torch.compile needs a C++ compiler")
    names = {"f": torch.compile(lambda x: x * 2.0 + 1.0), "x": torch.ones(8, 8)}
    return {"compile": clock.statement("f(x)", names)}


def mlp_step(clock):
    times = {"eager": _mlp(clock, lambda model: model)}
    if shutil.which("g++"):
        times["compile"] = _mlp(clock, torch.compile)
    return times


def _mlp(clock, prepare):
    torch.manual_seed(0)
    rows = 128 * clock.steps_per_epoch
    x, y = torch.randn(rows, 784), torch.randint(0, 10, (rows,))
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 512),
        torch.nn.ReLU(),
        torch.nn.Linear(512, 512),
        torch.nn.ReLU(),
        torch.nn.Linear(512, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    forward = prepare(model)

    def epoch():
        for batch, labels in zip(x.split(128), y.split(128), strict=True):
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(forward(batch), labels).backward()
            optimizer.step()

    return clock.epochs_of(epoch)


if __name__ == "__main__":
    timing.main(
        {"torch": torch.__version__},
        {case.__name__: case for case in (add, matmul, gradient, compiled_call, mlp_step)},
        timing.parser().parse_args(),
    )
