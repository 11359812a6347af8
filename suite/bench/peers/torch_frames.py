"""Layers of clips as PyTorch modules. Between layers of single frames a clip is [N T, C, H, W], as PyTorch's users keep it."""
import torch.nn as nn


class PerFrame(nn.Module):
    def __init__(self, layer, frames, first):
        super().__init__()
        self.layer, self.frames, self.first = layer, frames, first

    def forward(self, *inputs):
        if self.first:  # [N, C, T H, W]
            inputs = [x.unflatten(2, (self.frames, -1)).transpose(1, 2).flatten(0, 1) for x in inputs]
        return self.layer(*inputs)


class FramePool(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.maximum, self.frames = facts["kind"] == "maximum", facts["frames"]
        self.whole = facts["window"] == facts["frames"]

    def forward(self, x):
        x = x.unflatten(0, (-1, self.frames))
        return x.amax(1) if self.maximum else x.mean(1)
