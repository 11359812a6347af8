#!/usr/bin/env python3
"""Attention forward and backward in reprise and PyTorch's scaled_dot_product_attention, one thread each, in turn.

  attention_pytorch.py --bench build/release/suite/bench/reprise_bench

Every attention layer of the catalog's nets, queries, keys and values as they come out of one projection, dropout of the probabilities
included; PyTorch has no fused kernel with dropout for CPUs, so it is measured without dropout, too. PyTorch takes its fastest of several
batch sizes, in float32, and in bfloat16. With --out, writes attention.json there.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

try:
    import torch
except ImportError:
    print("PyTorch is not installed for this Python; the comparison is skipped (pip install torch)")
    sys.exit(0)

from measured import benchmarks, geometric_mean, spread
from torch_tokens import Attention

NAME = re.compile(r"layer/attention/attention_(\d+)_heads(?:_keep_([\d.]+))?/(\d+)_(\d+)_(\d+)/forward/f32")


def pytorch_rate(heads, keep, shape, batch, dtype, seconds):
    """Images a second, forward and backward."""
    layer = Attention({"heads": heads, "keep": keep}, {}).train()
    height, width, channels = shape
    x = torch.randn(batch, channels, height, width, dtype=dtype).to(memory_format=torch.channels_last).requires_grad_()
    gradient = torch.randn(batch, channels // 3, height, width, dtype=dtype).to(memory_format=torch.channels_last)
    layer(x).backward(gradient)
    done, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds or done < 2:
        x.grad = None
        layer(x).backward(gradient)
        done += 1
    return done * batch / (time.perf_counter() - begun)


def reprise_rate(bench, prefix, precision):
    return 1 / sum(1 / row["images_per_second"] for row in benchmarks(bench, f"^{prefix}/(forward|backward)/{precision}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the reprise_bench program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--out", help="folder of attention.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    listed = subprocess.run([args.bench, "--benchmark_list_tests", "--benchmark_filter=^layer/attention/.*/forward/f32"], capture_output=True, text=True, check=True).stdout
    rows = []
    for match in NAME.finditer(listed):
        heads, keep, shape = int(match[1]), float(match[2] or 1), [int(match[i]) for i in (3, 4, 5)]
        row = {"heads": heads, "tokens": shape[0] * shape[1], "channels": shape[2] // 3}
        prefix = match[0].removesuffix("/forward/f32")
        for precision, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
            trials = {batch: pytorch_rate(heads, keep, shape, batch, dtype, args.seconds / 3) for batch in (4, 16, 64)}
            best = max(trials, key=trials.get)
            ours, theirs, fused = [], [], []
            for _ in range(args.rounds):
                ours.append(reprise_rate(args.bench, prefix, precision))
                theirs.append(pytorch_rate(heads, keep, shape, best, dtype, args.seconds))
                fused.append(pytorch_rate(heads, 1.0, shape, best, dtype, args.seconds))
            ratios = [a / b for a, b in zip(ours, theirs)]
            row[precision] = {"images_per_second": statistics.median(ours), "pytorch": statistics.median(theirs), "batch": best,
                              "ratio": statistics.median(ratios), "spread": spread(ratios),
                              "ratio_without_dropout": statistics.median(a / b for a, b in zip(ours, fused))}
        rows.append(row)
        print(json.dumps(row), flush=True)
    for precision in ("f32", "bf16"):
        for kind in ("ratio", "ratio_without_dropout"):
            ratios = [row[precision][kind] for row in rows]
            print(f"{precision}, {kind}: geometric mean {geometric_mean(ratios):.2f}, min {min(ratios):.2f}")
    if args.out:
        with open(os.path.join(args.out, "attention.json"), "w") as file:
            json.dump({"pytorch": torch.__version__, "rounds": args.rounds, "rows": rows}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
