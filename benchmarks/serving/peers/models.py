"""The models as functions from `[rows, ...]` float32 arrays to arrays, for servers that take those.

half_plus_two is NumPy; the networks are PyTorch on the CPU, with random weights, in the layout
(rows, height, width, channels) of the requests. PyTorch may lie in an environment beside the
server's own; TORCH_PATH names its site-packages.
"""

import base64
import os
import sys
from collections.abc import Callable

import numpy as np

SIDE = 224

Function = Callable[[np.ndarray], np.ndarray]


def decode(rows: list) -> np.ndarray:
    """The array of a request's `instances`: nested lists, or images as `{"b64": ...}`."""
    if isinstance(rows[0], dict):
        pixels = b"".join([base64.b64decode(row["b64"]) for row in rows])
        return np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE, 3).astype(np.float32)
    return np.asarray(rows, np.float32)


def load(name: str) -> Function:
    """The model of that name."""
    if name == "half_plus_two":
        return lambda x: x / np.float32(2) + np.float32(2)
    if "TORCH_PATH" in os.environ:
        sys.path.append(os.environ["TORCH_PATH"])
    import torch

    network = {"digits": _digits, "resnet50": _resnet50}[name]().eval()

    def run(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()

    return run


def _digits():
    from torch import nn

    return nn.Sequential(
        nn.BatchNorm2d(1),
        nn.Conv2d(1, 32, 3, padding="same"),
        nn.ReLU(),
        nn.BatchNorm2d(32),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
        nn.Softmax(-1),
    )


def _resnet50():
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inside: int, width: int, stride: int) -> None:
            super().__init__()
            self.main = nn.Sequential(
                nn.Conv2d(inside, width, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.BatchNorm2d(4 * width),
            )
            self.shortcut = nn.Sequential()
            if inside != 4 * width:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(inside, 4 * width, 1, stride, bias=False),
                    nn.BatchNorm2d(4 * width),
                )

        def forward(self, x):
            return nn.functional.relu(self.main(x) + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inside = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(count):
            layers.append(Block(inside, width, stride if index == 0 else 1))
            inside = 4 * width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000), nn.Softmax(-1)]
    return nn.Sequential(*layers, *head)
