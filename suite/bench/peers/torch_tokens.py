"""Layers of transformers as PyTorch modules. Activations are [N, C, H, W]; tokens are the positions H W in that order."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def tokens_of(x):
    """[N, C, H, W] -> [N, T, C]: a view where channels lie last."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def as_image(tokens, height, width):
    """[N, T, C] -> [N, C, H, W]."""
    return tokens.unflatten(1, (height, width)).permute(0, 3, 1, 2)


class LayerNorm(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.gamma, self.beta, self.epsilon = weights["gamma"], weights["beta"], facts["epsilon"]

    def forward(self, x):
        return F.layer_norm(x.permute(0, 2, 3, 1), self.gamma.shape, self.gamma, self.beta, self.epsilon).permute(0, 3, 1, 2)


class Attention(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.heads, self.drop = facts["heads"], 1 - facts["keep"]

    def forward(self, x):
        n, channels, height, width = x.shape
        q, k, v = tokens_of(x).unflatten(2, (3, self.heads, channels // 3 // self.heads)).permute(2, 0, 3, 1, 4)
        drop = self.drop if self.training else 0.0
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=drop)
        else:
            y = F.dropout((q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1), drop) @ v
        return as_image(y.transpose(1, 2).flatten(2), height, width)


class DropPath(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.keep = facts["keep"]

    def forward(self, x):
        if not self.training or self.keep == 1:
            return x
        return x * (torch.rand(x.shape[0], 1, 1, 1, device=x.device) < self.keep).to(x.dtype) / self.keep


class Positions(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.table = weights.get("table")

    def waves(self, tokens, channels):
        angle = torch.arange(tokens).double()[:, None] / 10000 ** ((torch.arange(channels) // 2 * 2).double() / channels)
        return torch.where(torch.arange(channels) % 2 == 0, angle.sin(), angle.cos())

    def forward(self, x):
        table = self.table if self.table is not None else self.waves(x.shape[2] * x.shape[3], x.shape[1])
        return x + as_image(table.to(x.dtype)[None], x.shape[2], x.shape[3])


class ClassToken(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.token = weights["token"]

    def forward(self, x):
        tokens = tokens_of(x)
        return as_image(torch.cat([self.token.to(x.dtype).expand(x.shape[0], 1, -1), tokens], 1), tokens.shape[1] + 1, 1)


class FirstToken(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()

    def forward(self, x):
        return x[:, :, :1, :1]


class SequencePool(nn.Module):
    def __init__(self, facts, weights):
        super().__init__()
        self.weight, self.bias = weights["weight"], weights["bias"]

    def forward(self, x):
        tokens = tokens_of(x)
        attention = F.linear(tokens, self.weight, self.bias).softmax(1)
        return (attention.transpose(1, 2) @ tokens).transpose(1, 2)[..., None]


KINDS = {"layer_norm": LayerNorm, "attention": Attention, "drop_path": DropPath, "positions": Positions, "class_token": ClassToken,
         "first_token": FirstToken, "sequence_pool": SequencePool}
