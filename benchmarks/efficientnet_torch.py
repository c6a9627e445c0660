"""EfficientNet-B0 for PyTorch, as `keras.applications` builds it (Tan and Le, arXiv:1905.11946).

PyTorch itself has no such model, and torchvision's wheels need a PyTorch with CUDA.
"""

from __future__ import annotations

import torch
from torch import nn

# Window of the depthwise convolution, how often, channels out, expansion, stride of the first.
STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
DROPPED = 0.2
"""Share of the features that are dropped before the logits, and of the last block's branches."""


def convolution(channels: int, filters: int, window: int, stride: int = 1, groups: int = 1):
    """A convolution without bias and its batch normalization."""
    half = window // 2
    return nn.Sequential(
        nn.Conv2d(channels, filters, window, stride, half, groups=groups, bias=False),
        nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01),
    )


class Squeeze(nn.Module):
    """Weighs channels by what is in the whole picture."""

    def __init__(self, channels: int, inner: int):
        super().__init__()
        self.weights = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, inner, 1),
            nn.SiLU(inplace=True),
            nn.Conv2d(inner, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weights(x)


class Block(nn.Module):
    """Expansion, depthwise convolution, squeeze and projection; added to its input if they fit."""

    def __init__(
        self, channels: int, filters: int, window: int, expansion: int, stride: int, dropped: float
    ):
        super().__init__()
        inner = channels * expansion
        layers: list[nn.Module] = []
        if expansion > 1:
            layers += [convolution(channels, inner, 1), nn.SiLU(inplace=True)]
        layers += [convolution(inner, inner, window, stride, inner), nn.SiLU(inplace=True)]
        layers += [Squeeze(inner, max(1, channels // 4)), convolution(inner, filters, 1)]
        self.body = nn.Sequential(*layers)
        self.is_added = stride == 1 and channels == filters
        self.dropped = dropped

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(x)
        if not self.is_added:
            return y
        if self.training and self.dropped:
            kept = 1 - self.dropped
            y = y * torch.empty(len(y), 1, 1, 1).bernoulli_(kept).div_(kept)
        return x + y


def efficientnet_b0(classes: int) -> nn.Module:
    """The model: pictures `[batch, 3, height, width]` of 0 to 255 to logits `[batch, classes]`."""
    count = sum(stage[1] for stage in STAGES)
    layers: list[nn.Module] = [convolution(3, 32, 3, 2), nn.SiLU(inplace=True)]
    channels, place = 32, 0
    for window, repeats, filters, expansion, stride in STAGES:
        for i in range(repeats):
            dropped = DROPPED * place / count
            first = stride if i == 0 else 1
            layers.append(Block(channels, filters, window, expansion, first, dropped))
            channels, place = filters, place + 1
    layers += [convolution(channels, 1280, 1), nn.SiLU(inplace=True)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(DROPPED), nn.Linear(1280, classes)]
    return nn.Sequential(*layers)
