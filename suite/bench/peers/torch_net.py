"""A net that `reprise_bench export` wrote, as a PyTorch module with the same weights.

Every layer is built from its facts: the options that it tells as data. Activations are [N, C, H, W]; where the catalog flattens
[H, W, C], the columns of the next dense weight are reordered once here, so that the module flattens as PyTorch users do.
"""
import copy
import json
import os

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F

import torch_capsules
import torch_frames
import torch_groups
import torch_hebbian
import torch_spatial
import torch_tokens


class Unsupported(Exception):
    """A layer that has no counterpart here; the message names it."""


class Convolution(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.bias = weights["weight"], weights.get("bias")
        self.stride, self.padding, self.groups, self.reflect = facts["stride"], facts["padding"], facts["groups"], facts["reflects"]
        self.ceil = facts["ceil"]

    def forward(self, x):
        padding = self.padding
        if self.reflect and padding:
            x, padding = F.pad(x, (padding,) * 4, mode="reflect"), 0
        if self.ceil:
            over = [-(n + 2 * padding - k) % self.stride for n, k in zip(x.shape[:1:-1], self.weight.shape[:1:-1])]
            x = F.pad(x, (0, over[0], 0, over[1]))
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, 1, self.groups)


class Dense(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.bias = weights["weight"], weights.get("bias")

    def forward(self, x):
        return F.linear(x.flatten(1), self.weight, self.bias)


class BatchNorm(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        channels = weights["running_mean"].numel()
        self.gamma, self.beta = weights.get("gamma"), weights.get("beta")
        if self.beta is not None and self.gamma is None:
            self.gamma = nn.Parameter(torch.ones(channels), requires_grad=False)
        self.register_buffer("mean", weights["running_mean"].detach().clone())
        self.register_buffer("variance", weights["running_var"].detach().clone())
        self.epsilon, self.momentum = facts["epsilon"], facts["momentum"]

    def forward(self, x):
        shape = x.shape
        if self.mean.numel() != shape[1]:  # one mean and variance for all orientations of a map
            x = x.unflatten(1, (-1, self.mean.numel())).flatten(0, 1)
        return F.batch_norm(x, self.mean, self.variance, self.gamma, self.beta, self.training, self.momentum, self.epsilon).view(shape)


class Dropout(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.keep, self.form = facts["keep"], facts["form"]

    def forward(self, x):
        if self.form == "gaussian":
            return x * torch.empty_like(x).normal_(1.0, ((1 - self.keep) / self.keep) ** 0.5) if self.training else x
        x = F.dropout(x, 1 - self.keep, self.training)
        return x if self.form == "inverted" else x * self.keep


class Pooling(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.window, self.stride, self.padding, self.ceil = facts["window"], facts["stride"], facts["padding"], facts["ceil"]
        self.counts_padding = facts.get("counts_padding")  # average pooling alone

    def forward(self, x):
        if self.counts_padding is None:
            return F.max_pool2d(x, self.window, self.stride, self.padding, ceil_mode=self.ceil)
        return F.avg_pool2d(x, self.window, self.stride, self.padding, ceil_mode=self.ceil, count_include_pad=self.counts_padding)


class LocalResponseNorm(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.window, self.k, self.beta, self.groups = facts["window"], facts["k"], facts["beta"], facts["groups"]
        self.alpha = facts["alpha"] if facts["divided"] else facts["alpha"] * self.window  # PyTorch divides

    def forward(self, x):
        return torch.cat([F.local_response_norm(part, self.window, self.alpha, self.beta, self.k) for part in x.chunk(self.groups, 1)], 1)


class LogAvgExpPool(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        if facts["window"]:
            raise Unsupported("log_avg_exp_pool in windows")
        self.tau, self.temperature, self.subtract = weights.get("tau"), facts["temperature"], facts["subtract_count"]

    def forward(self, x):
        t = self.tau.exp().view(1, -1, 1) if self.tau is not None else self.temperature
        x = x.flatten(2)
        y = torch.logsumexp(x / t, 2, keepdim=True)
        if self.subtract:
            y = y - float(numpy.log(x.shape[2]))
        return (y * t).flatten(1)


class KlSparsity(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.target, self.weight, self.net = facts["target"], facts["weight"], None

    def forward(self, x):
        if self.training:
            q = x.float().transpose(0, 1).flatten(1).mean(1).clamp(1e-6, 1 - 1e-6)
            a = self.target
            self.net.add_penalty(self.weight * (a * (a / q).log() + (1 - a) * ((1 - a) / (1 - q)).log()).sum())
        return x


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def build(kind, facts, weights):
    classes = {"conv2d": Convolution, "dense": Dense, "batch_norm": BatchNorm, "dropout": Dropout, "max_pool2d": Pooling, "average_pool2d": Pooling,
               "log_avg_exp_pool": LogAvgExpPool, "kl_sparsity": KlSparsity, "local_response_norm": LocalResponseNorm}
    classes |= torch_capsules.KINDS | torch_groups.KINDS | torch_hebbian.KINDS | torch_spatial.KINDS | torch_tokens.KINDS
    functions = {"capsule_lengths": lambda x: x.norm(dim=-1), "relu": F.relu, "logistic": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu, "add": torch.add, "flatten": lambda x: x.flatten(1),
                 "concat": lambda *x: torch.cat(x, 1), "global_average_pool": lambda x: x.mean((2, 3)), "global_max_pool": lambda x: x.amax((2, 3)),
                 "softmax": lambda x: F.softmax(x * facts["gain"], 1), "scale": lambda x: x * facts["factor"]}
    if kind in classes:
        return classes[kind](facts, weights)
    if kind in functions:
        return Function(functions[kind])
    raise Unsupported(kind)


def build_node(nodes, node, weights):
    """Layers of single frames hand [N T, C, H, W] on to each other, until one pools over frames."""
    kind, facts = node["kind"], node["facts"]
    of_frames = {nodes[i]["kind"] == "per_frame" for i in node["inputs"]}
    if kind == "per_frame" and len(of_frames) == 1:
        return torch_frames.PerFrame(build(facts["layer"], facts, weights), facts["frames"], not of_frames.pop())
    if kind == "frame_pool" and of_frames == {True} and facts["window"] == facts["frames"]:
        return torch_frames.FramePool(facts, weights)
    if True in of_frames:
        raise Unsupported(f"{kind} of frames")
    return build(kind, facts, weights)


class Net(nn.Module):
    """The net in `folder`; forward(x [N, C, H, W]) gives [N, K]."""

    def __init__(self, folder):
        super().__init__()
        with open(os.path.join(folder, "net.json")) as file:
            self.description = json.load(file)
        values = numpy.fromfile(os.path.join(folder, "weights.f32"), dtype="<f4")
        self.samples = self.description["samples"]
        self.bounded, self.decaying, self.plain = [], [], []
        layers = []
        nodes = self.description["nodes"]
        for node in nodes[1:]:
            weights = {}
            for p in node["parameters"]:
                value = torch.from_numpy(values[p["offset"]:p["offset"] + p["count"]].reshape(p["shape"]).copy())
                frames = node["facts"]["frames"] if node["kind"] == "per_frame" else 1
                if "dense" in (node["kind"], node["facts"].get("layer")) and p["name"] == "weight":
                    h, w, c = self.flattened(node["inputs"][0])
                    h //= frames
                    value = value.reshape(-1, h, w, c).permute(0, 3, 1, 2).reshape(value.shape).contiguous()
                if node["kind"] == "locally_connected2d" and p["name"] == "weight":
                    value = value.permute(0, 3, 1, 2).contiguous()
                weights[p["name"]] = nn.Parameter(value, requires_grad=p["trains"])
                if p["trains"]:
                    (self.decaying if p["decays"] else self.plain).append(weights[p["name"]])
                    if p["has_norm_bound"]:
                        self.bounded.append(weights[p["name"]])
            layers.append(build_node(nodes, node, weights))
        for layer in layers:
            if hasattr(layer, "net"):
                object.__setattr__(layer, "net", self)  # a plain reference: the net is no part of its layer
        self.labels = self.penalty = None
        self.layers = nn.ModuleList(layers)
        self.inputs = [node["inputs"] for node in nodes[1:]]
        self.output = self.description["output"]
        self.kept = {head["node"] for head in self.description["heads"]}
        last_use = {}
        for i, inputs in enumerate(self.inputs):
            for j in inputs:
                last_use[j] = i
        self.dead = [[j for j in set(inputs) if last_use[j] == i and j not in self.kept] for i, inputs in enumerate(self.inputs)]

    def flattened(self, index):
        """Shape [H, W, C] that a dense layer reading node `index` sees, behind any flatten and elementwise layers."""
        nodes = self.description["nodes"]
        shape = nodes[index]["shape"]
        if nodes[index]["kind"] in torch_capsules.CAPSULES and shape[0] == 1:
            return [1, 1, shape[0] * shape[1] * shape[2]]  # capsules keep their order
        while nodes[index]["inputs"] and shape[0] * shape[1] == 1 and nodes[index]["kind"] in ("flatten", "dropout", "relu", "scale"):
            index = nodes[index]["inputs"][0]
            shape = nodes[index]["shape"]
        return shape

    def add_penalty(self, penalty):
        """What a layer adds to the loss of this step."""
        self.penalty = penalty if self.penalty is None else self.penalty + penalty

    def learn(self, x):
        """One Hebbian step of all plastic layers."""
        values = {0: x}
        with torch.no_grad():
            for i, layer in enumerate(self.layers):
                values[i + 1] = layer(*[values[j] for j in self.inputs[i]])
                if self.description["nodes"][i + 1]["name"] == "features":
                    return

    def forward(self, x):
        values = {0: x}
        for i, layer in enumerate(self.layers):
            values[i + 1] = layer(*[values[j] for j in self.inputs[i]])
            for j in self.dead[i]:
                del values[j]
        self.values_of_heads = [values[head["node"]] for head in self.description["heads"]]
        return values[self.output]

    def images(self, folder):
        h, w, c = self.description["nodes"][0]["shape"]
        x = numpy.fromfile(os.path.join(folder, "images.f32"), dtype="<f4").reshape(self.samples, h, w, c)
        return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()

    def expected(self, folder):
        return torch.from_numpy(numpy.fromfile(os.path.join(folder, "outputs.f32"), dtype="<f4").reshape(self.samples, -1))

    def difference(self, folder):
        """Largest difference between what this module and reprise make of the same images, over the largest value; and how far float32
        itself is off here, which is more than usual where a steep softmax follows large values."""
        self.eval()
        with torch.no_grad():
            images, expected = self.images(folder), self.expected(folder)
            found = self(images).flatten(1)
            exact = copy.deepcopy(self).double()(images.double()).flatten(1)
        largest = expected.abs().max().clamp_min(1e-12)
        return ((found - expected).abs().max() / largest).item(), ((found - exact).abs().max() / largest).item()
