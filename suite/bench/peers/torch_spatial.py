"""Layers that treat positions unlike one another, as PyTorch modules: filters that are not shared, spatial transformers."""
import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F


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


KINDS = {"locally_connected2d": LocallyConnected, "spatial_transform": SpatialTransform}
