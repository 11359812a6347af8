"""Capsule layers in PyTorch, capsules as [N, I, d]; what each computes stands in the header of the layer of that name in suite/layers."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def squash(s):
    n = s.norm(dim=-1, keepdim=True)
    return s * (n / (1 + n * n))


def route(x, weight, bias, iterations, scaled_distance, through_all):
    """x [N, I, d], weight [I, d, J, D] -> [N, J, D]."""
    votes = torch.einsum("nid,idjk->nijk", x, weight)
    if scaled_distance:
        longest, length = x.norm(dim=-1).unsqueeze(2), votes.norm(dim=-1)
        votes = votes * torch.where(length > longest, longest / length, torch.ones_like(length)).detach().unsqueeze(3)
    logits = torch.zeros(votes.shape[:3], dtype=votes.dtype)
    for t in range(iterations):
        last = t == iterations - 1
        seen = votes if through_all or last else votes.detach()
        shares = torch.softmax(logits, 2)
        sums = (shares.unsqueeze(3) * seen).sum(1)
        output = squash(sums if bias is None else sums + bias)
        if last:
            return output
        if scaled_distance:
            distances = (output.unsqueeze(1) - seen).norm(dim=-1)
            mean = distances.mean((1, 2), keepdim=True)
            logits = (math.log(0.9 * (votes.shape[2] - 1)) - math.log(0.1)) / (mean / 2 - mean) * distances
        else:
            logits = logits + torch.einsum("njk,nijk->nij", output, seen)
        if not through_all:
            logits = logits.detach()
    return None


class Squash(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.dimensions = facts["dimensions"]

    def forward(self, x):
        return squash(x.permute(0, 2, 3, 1).reshape(len(x), -1, self.dimensions))


class CapsuleRouting(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.bias = weights["weight"], weights.get("bias")
        self.iterations, self.scaled_distance, self.through_all = facts["iterations"], facts["scaled_distance"], facts["through_all"]

    def forward(self, x):
        return route(x, self.weight, self.bias, self.iterations, self.scaled_distance, self.through_all)


class MomentumCapsules(nn.Module):
    """Ordinary back-propagation whatever the memory of the layer: the same function, and no peer inverts."""

    def __init__(self, facts, weights):
        super().__init__()
        self.weights = nn.ParameterList([w for name, w in weights.items() if not name.endswith(".bias")])
        self.biases = nn.ParameterList([w for name, w in weights.items() if name.endswith(".bias")])
        self.iterations, self.momentum = facts["iterations"], facts["momentum"]
        self.restart, self.doubled = facts["restart"], facts["doubled"]

    def forward(self, x):
        v = torch.zeros_like(x)
        for k, weight in enumerate(self.weights):
            if k % 2 == 0:
                start = x
                v = torch.zeros_like(x) if self.restart else v
            v = self.momentum * v + (1 - self.momentum) * route(x, weight, self.biases[k] if len(self.biases) else None, self.iterations, len(self.biases) > 0, False)
            x = x + v
            if self.doubled and k % 2 == 1:
                x = x + start
        return x


class CapsuleMask(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.by_label, self.net = facts["by_label"], None

    def forward(self, x):
        kept = self.net.labels if self.by_label and self.training and self.net.labels is not None else x.norm(dim=-1).argmax(1)
        return x * F.one_hot(kept, x.shape[1]).to(x.dtype).unsqueeze(2)


class ReconstructionPenalty(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.net = facts["weight"], None

    def forward(self, value, reconstruction, target):
        if self.training:
            target = target.permute(0, 2, 3, 1).flatten(1)
            self.net.add_penalty(self.weight * (reconstruction - target).square().sum() / len(value))
        return value


KINDS = {"squash": Squash, "capsule_routing": CapsuleRouting, "momentum_capsules": MomentumCapsules, "capsule_mask": CapsuleMask,
         "reconstruction_penalty": ReconstructionPenalty}
"""Kinds whose values are capsules, in reprise's own order."""
CAPSULES = ("squash", "capsule_routing", "momentum_capsules", "capsule_mask", "add")
