"""Layers that move or repeat filters and images: groups of the plane, filters of their own at each position, spatial transformers, frames."""
import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F


# ------------------------------------------------------------------------------------------------------------------ groups of the plane

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


# ------------------------------------------------------------------------------------------------------------------ positions

class LocallyConnected(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.size, self.stride, self.padding, self.filters = facts["filter_size"], facts["stride"], facts["padding"], facts["filters"]
        self.weight, self.bias = weights["weight"], weights["bias"]  # [P Q K, C, R, S] and [P Q K]

    def forward(self, x):
        height = (x.shape[2] + 2 * self.padding - self.size) // self.stride + 1
        patches = F.unfold(x, self.size, padding=self.padding, stride=self.stride)  # [N, C R S, P Q]
        weight = self.weight.flatten(1).unflatten(0, (-1, self.filters))            # [P Q, K, C R S]
        y = torch.bmm(patches.permute(2, 0, 1), weight.transpose(1, 2)) + self.bias.view(-1, 1, self.filters)
        return y.permute(1, 2, 0).unflatten(2, (height, -1))


def thin_plate_basis(size):
    """[16, H W]: what the smoothest map takes from its values at a grid of 4 x 4 places."""
    def places(height, width):
        y, x = numpy.meshgrid(numpy.linspace(-1, 1, height), numpy.linspace(-1, 1, width), indexing="ij")
        return numpy.stack([x.ravel(), y.ravel()], 1)

    def bends(a, b):
        r2 = ((a[:, None] - b[None]) ** 2).sum(2)
        return r2 * numpy.log(numpy.maximum(r2, 1e-300))

    points, at = places(4, 4), places(*size)
    with_plane = lambda values, p: numpy.hstack([values, numpy.ones((len(p), 1)), p])
    system = numpy.vstack([with_plane(bends(points, points), points), numpy.hstack([with_plane(numpy.zeros((16, 0)), points).T, numpy.zeros((3, 3))])])
    return (with_plane(bends(at, points), at) @ numpy.linalg.inv(system)[:, :16]).T


class SpatialTransform(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.transform, self.size = facts["transform"], (facts.get("out_height"), facts.get("out_width"))
        self.scale = facts.get("scale", 1)
        self.basis = None

    def grid(self, a, size):
        one, zero = torch.ones_like(a[:, 0]), torch.zeros_like(a[:, 0])
        if self.transform == "thin_plate":
            if self.basis is None:
                self.basis = torch.from_numpy(thin_plate_basis(size))
            moves = a.unflatten(1, (2, 16)) @ self.basis.to(a.dtype)
            return self.affine([one, zero, zero, zero, one, zero], size) + moves.transpose(1, 2).unflatten(1, size)
        if self.transform == "projective":
            identity = self.affine([one, zero, zero, zero, one, zero], size)
            d = 1 + identity @ a[:, 6:8].view(-1, 1, 2, 1)
            return self.affine([1 + a[:, 0], a[:, 1], a[:, 2], a[:, 3], 1 + a[:, 4], a[:, 5]], size) / d
        numbers = {"affine": lambda: [1 + a[:, 0], a[:, 1], a[:, 2], a[:, 3], 1 + a[:, 4], a[:, 5]],
                   "attention": lambda: [1 + a[:, 0], zero, a[:, 1], zero, 1 + a[:, 0], a[:, 2]],
                   "translation": lambda: [self.scale * one, zero, a[:, 0], zero, self.scale * one, a[:, 1]],
                   "rotation": lambda: [a[:, 0].cos(), -a[:, 0].sin(), zero, a[:, 0].sin(), a[:, 0].cos(), zero]}
        return self.affine(numbers[self.transform](), size)

    @staticmethod
    def affine(numbers, size):
        return F.affine_grid(torch.stack(numbers, 1).unflatten(1, (2, 3)), (len(numbers[0]), 1, *size), align_corners=True)

    def forward(self, x, a):
        size = tuple(wanted or own for wanted, own in zip(self.size, x.shape[2:]))
        grid = self.grid(a.flatten(1), size)
        return F.grid_sample(x, grid.to(x.dtype), mode="bilinear", padding_mode="zeros", align_corners=True)


# ------------------------------------------------------------------------------------------------------------------ frames
# Between layers of single frames a clip is [N T, C, H, W], as PyTorch's users keep it.

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


KINDS = {"group_conv2d": GroupConvolution, "coset_pool": CosetPool, "locally_connected2d": LocallyConnected, "spatial_transform": SpatialTransform}
