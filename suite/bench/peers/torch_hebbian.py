"""Layers that learn without labels, in PyTorch; formulas in suite/layers/soft_hebb_conv2d.hpp and plastic.hpp."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class SoftHebbConv2d(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight = weights["weight"]
        self.weight.requires_grad_(False)
        self.padding, self.rate = facts["padding"], facts["rate"]
        self.soft, self.losers_learn, self.temperature = facts["soft"], not facts["losers_unlearn"], facts["inverse_temperature"]
        self.triangle_first, self.power = facts["triangle_first"], 0.5

    def forward(self, x):
        if x.dim() == 2:
            x = x[:, :, None, None]
        if self.padding:
            x = F.pad(x, (self.padding,) * 4, mode="reflect")
        u = F.conv2d(x, self.weight)
        if self.training and self.rate:
            self.learn(x, u)
        return (u - u.mean(1, keepdim=True)).clamp_min(0) if self.triangle_first else u

    def learn(self, x, u):
        winner = u.argmax(1, keepdim=True)
        if self.soft:
            y = torch.softmax(self.temperature * u, 1)
            answer = y if self.losers_learn else torch.where(torch.zeros_like(y, dtype=torch.bool).scatter_(1, winner, True), y, -y)
        else:
            answer = torch.zeros_like(u).scatter_(1, winner, 1.0)
        change = torch.nn.grad.conv2d_weight(x, self.weight.shape, answer) - (answer * u).sum((0, 2, 3)).view(-1, 1, 1, 1) * self.weight
        change /= change.abs().max() + 1e-30
        norms = self.weight.flatten(1).norm(dim=1)
        self.weight += (1e-3 * self.rate * ((norms - 1).abs() + 1e-10) ** self.power).view(-1, 1, 1, 1) * change


class Triangle(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.power = facts["power"]

    def forward(self, x):
        x = (x - x.mean(1, keepdim=True)).clamp_min(0)
        return x if self.power == 1 else x ** self.power


KINDS = {"soft_hebb_conv2d": SoftHebbConv2d, "triangle": Triangle}
