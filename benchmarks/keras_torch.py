"""The models of keras_models.py written for PyTorch: eager, and with torch.compile.

A training step is what its users write in a loop: gradients set to none, the loss, `backward`,
and a fused Adam. `model.predict` is left out: PyTorch has none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import keras_models, timing
from benchmarks.efficientnet_torch import efficientnet_b0

MISSING = ("keras_mlp_predict_call", "keras_mlp_predict_ratio")


class LastOutput(torch.nn.Module):
    """An LSTM that gives its last output, as Keras's does."""

    def __init__(self, features: int):
        super().__init__()
        self.lstm = torch.nn.LSTM(features, 128, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.lstm(x)[0][:, -1]


class Mean(torch.nn.Module):
    """The mean over time of `[batch, time, features]`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


def build(name: str, shape: tuple[int, ...]) -> torch.nn.Module:
    """The model of a name, for inputs of a shape without the batch; pictures as NCHW."""
    nn = torch.nn
    if name == "efficientnet":
        return efficientnet_b0(keras_models.CLASSES)
    if name == "mlp":
        body, width = [nn.Linear(shape[0], 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()], 512
    elif name == "cnn":
        body = [nn.Conv2d(3, 32, 3, padding="same"), nn.ReLU()]
        body += [nn.Conv2d(32, 64, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)]
        body += [nn.Conv2d(64, 128, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        width = 128 * (shape[1] // 4) * (shape[2] // 4)
    elif name == "transformer":
        body = [nn.Embedding(keras_models.WORDS, 128)]
        body += [
            nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True) for _ in range(2)
        ]
        body, width = [*body, Mean()], 128
    else:
        body, width = [LastOutput(shape[-1])], 128
    return nn.Sequential(*body, nn.Linear(width, keras_models.CLASSES))


class Torch:
    """A model with its optimizer."""

    def __init__(self, name: str, mode: str, x: np.ndarray, y: np.ndarray):
        torch.manual_seed(0)
        self.is_picture = x.ndim == 4
        self.x, self.y = self._input(x), torch.from_numpy(y)
        self.model = build(name, tuple(self.x.shape[1:]))
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=True)
        self.forward: Callable[..., Any] = (
            torch.compile(self.model) if mode == "compile" else self.model
        )
        self.loss = float(self.step())

    def _input(self, x: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(x)
        return tensor.permute(0, 3, 1, 2).contiguous() if self.is_picture else tensor

    def step(self) -> Any:
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(self.forward(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def predict(self, x: np.ndarray) -> Callable[[], Any]:
        self.model.eval()
        tensor, forward = self._input(x), self.forward

        @torch.inference_mode()
        def once() -> Any:
            return forward(tensor)

        return once

    def call_one(self, x: np.ndarray) -> Callable[[], Any]:
        return self.predict(x)

    def predict_call(self, x: np.ndarray) -> Callable[[], Any]:
        raise timing.Unavailable("PyTorch's models have no `predict`")

    @staticmethod
    def wait(result: Any) -> None:
        """Results on the CPU are there when the call returns."""


def main() -> None:
    parser = timing.parser()
    parser.add_argument("--mode", choices=["eager", "compile"], required=True)
    arguments = parser.parse_args()
    mode = arguments.mode

    def start(name: str, x: np.ndarray, y: np.ndarray) -> Torch:
        if mode == "compile" and not shutil.which("g++"):
            raise timing.Unavailable("torch.compile needs a C++ compiler")
        return Torch(name, mode, x, y)

    rows = keras_models.rows(start, mode, arguments.quick)
    cases = {row: case for row, case in rows.items() if not row.startswith(MISSING)}
    timing.main({"torch": torch.__version__}, cases, arguments)


if __name__ == "__main__":
    main()
