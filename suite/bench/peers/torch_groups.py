"""Layers over a group of the plane as PyTorch modules: the order of elements and what they do to a filter are those of GrouPy."""
import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

TURNS = 4


def inverse(g):
    return g if g >= TURNS else -g % TURNS


def product(g, h):
    """First h, then g."""
    return (g // TURNS + h // TURNS) % 2 * TURNS + ((-(g % TURNS) if h >= TURNS else g % TURNS) + h % TURNS) % TURNS


def moved(g, patch):
    """`patch` [..., f, f] after g: quarter turns counter-clockwise, then top and bottom exchanged."""
    patch = numpy.rot90(patch, g % TURNS, (-2, -1))
    return patch[..., ::-1, :] if g >= TURNS else patch


class GroupConvolution(nn.Module):
    """One convolution whose filters are gathered from those that are stored, as GrouPy does it."""

    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.bias = weights["weight"], weights.get("bias")
        self.stride, self.padding = facts["stride"], facts["padding"]
        self.orientations = TURNS * (2 if facts["group"] == "p4m" else 1)
        filters, planes, side, _ = self.weight.shape
        seen = 1 if facts["from_plane"] else self.orientations
        stored = numpy.arange(self.weight[0].numel()).reshape(seen, planes // seen, side, side)
        order = [numpy.stack([moved(h, stored[product(inverse(h), t) if seen > 1 else 0]) for t in range(seen)]) for h in range(self.orientations)]
        self.register_buffer("order", torch.from_numpy(numpy.stack(order).reshape(self.orientations, -1).copy()))
        self.shown = (self.orientations * filters, planes, side, side)

    def forward(self, x):
        weight = self.weight.flatten(1)[:, self.order].transpose(0, 1).reshape(self.shown)
        bias = None if self.bias is None else self.bias.repeat(self.orientations)
        return F.conv2d(x, weight, bias, self.stride, self.padding)


class CosetPool(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.orientations, self.average = facts["orientations"], facts["average"]

    def forward(self, x):
        x = x.unflatten(1, (self.orientations, -1))
        return x.mean(1) if self.average else x.amax(1)


KINDS = {"group_conv2d": GroupConvolution, "coset_pool": CosetPool}
