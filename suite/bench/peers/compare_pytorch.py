#!/usr/bin/env python3
"""Training steps of reprise and of PyTorch on the same cores, in turn A B A B, in one call.

  compare_pytorch.py --bench build/release/suite/bench/reprise_bench [--rounds 3] [--out FOLDER]

Every round runs reprise once and PyTorch once in each of its settings (default and channels-last layout, float32; bfloat16
autocast where --bf16 is given). The best setting of PyTorch counts. Prints a Markdown table and writes peers.md and peers.json
to --out. Without PyTorch it says so and exits with 0.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    print("PyTorch is not installed for this Python; peers are skipped (Debian: apt-get install python3-torch)")
    sys.exit(0)


def all_cnn_c(c1=96, c2=192, channels=3, classes=10):
    """ALL-CNN-C as in the catalog: unpadded top convolution, ReLU after every convolution."""
    def conv(i, o, k, s=1, p=0):
        return [nn.Conv2d(i, o, k, s, p), nn.ReLU(inplace=True)]
    return nn.Sequential(nn.Dropout(0.2), *conv(channels, c1, 3, 1, 1), *conv(c1, c1, 3, 1, 1), *conv(c1, c1, 3, 2, 1), nn.Dropout(0.5),
                         *conv(c1, c2, 3, 1, 1), *conv(c2, c2, 3, 1, 1), *conv(c2, c2, 3, 2, 1), nn.Dropout(0.5),
                         *conv(c2, c2, 3), *conv(c2, c2, 1), *conv(c2, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def perceptron(width=1024):
    layers = [nn.Flatten(), nn.Dropout(0.2)]
    for i in range(3):
        layers += [nn.Linear(784 if i == 0 else width, width), nn.ReLU(inplace=True), nn.Dropout(0.5)]
    return nn.Sequential(*layers, nn.Linear(width, 10))


# name of the reprise benchmark, net, input shape, batch, whether weights keep a norm bound
NETS = [
    ("step/all-cnn/allcnn-c/paper", all_cnn_c, (3, 32, 32), 128, None),
    ("step/all-cnn/allcnn-c/desk", lambda: all_cnn_c(24, 48), (3, 32, 32), 128, None),
    ("step/dropout/table2-maxnorm-3x1024/paper", perceptron, (1, 28, 28), 100, 2.0),
]


def torch_rate(make, shape, batch, bound, channels_last, bf16, seconds=3.0):
    """Images per second of whole steps: input to layout, forward, loss, backward, momentum update, projection."""
    torch.manual_seed(1)
    model = make().train()
    images = torch.randint(0, 255, (batch, *shape), dtype=torch.uint8)
    labels = torch.randint(0, 10, (batch,))
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-3 if bound is None else 0)

    def step():
        x = images.float().div_(255)
        if channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            loss = F.cross_entropy(model(x).float(), labels)
        loss.backward()
        optimizer.step()
        if bound is not None:
            with torch.no_grad():
                for w in model.parameters():
                    if w.dim() > 1:
                        w.renorm_(2, 0, bound)

    step()
    step()
    done, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds or done < 2:
        step()
        done += 1
    return done * batch / (time.perf_counter() - begun)


def reprise_rate(bench, name, precision, threads):
    out = subprocess.run([bench, f"--benchmark_filter=^{name}/{precision}/threads:{threads}$", "--benchmark_format=json", "--benchmark_min_time=2"],
                         capture_output=True, text=True, check=True).stdout
    row = json.loads(out)["benchmarks"][0]
    return row["images_per_second"], row["gflops"], row["peak_ratio"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the reprise_bench program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bf16", action="store_true", help="measure PyTorch's bfloat16 autocast too")
    parser.add_argument("--out", default=".", help="folder of peers.md and peers.json")
    parser.add_argument("--filter", default="", help="only nets whose benchmark name contains this")
    args = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    settings = [("float32, default layout", False, False), ("float32, channels-last", True, False)]
    if args.bf16:
        settings += [("bfloat16, default layout", False, True), ("bfloat16, channels-last", True, True)]

    results = []
    for name, make, shape, batch, bound in NETS:
        if args.filter not in name:
            continue
        ours = {"f32": [], "bf16": []}
        theirs = {label: [] for label, _, _ in settings}
        details = {}
        for _ in range(args.rounds):
            for precision in ours:
                rate, gflops, ratio = reprise_rate(args.bench, name, precision, threads)
                ours[precision].append(rate)
                details.setdefault(precision, []).append((gflops, ratio))
            for label, channels_last, bf16 in settings:
                theirs[label].append(torch_rate(make, shape, batch, bound, channels_last, bf16))
        best = max((label for label in theirs if label.startswith("float32")), key=lambda label: statistics.median(theirs[label]))
        base = statistics.median(theirs[best])
        row = {"net": name, "batch": batch, "pytorch": {label: statistics.median(v) for label, v in theirs.items()}, "best_float32": best, "reprise": {}}
        for precision, rates in ours.items():
            ratios = [a / b for a, b in zip(rates, theirs[best])]
            row["reprise"][precision] = {"images_per_second": statistics.median(rates), "gflops": statistics.median(g for g, _ in details[precision]),
                                         "peak_ratio": statistics.median(r for _, r in details[precision]),
                                         "over_pytorch_float32": statistics.median(ratios), "spread": [min(ratios), max(ratios)]}
        row["pytorch_best_images_per_second"] = base
        results.append(row)
        print(f"{name}: PyTorch {best} {base:.0f} images/s; " + "; ".join(
            f"reprise {p} {r['images_per_second']:.0f} images/s = {r['over_pytorch_float32']:.2f} x, {100 * r['peak_ratio']:.0f} % of peak" for p, r in row["reprise"].items()), flush=True)

    lines = [f"PyTorch {torch.__version__}, {threads} threads, {platform.machine()}; {args.rounds} rounds in turn, medians.", "",
             "| net | PyTorch float32 (best layout), images/s | reprise float32, images/s | ratio | of peak | reprise bfloat16, images/s | ratio to PyTorch float32 | of peak |",
             "|---|---|---|---|---|---|---|---|"]
    for row in results:
        f, b = row["reprise"]["f32"], row["reprise"]["bf16"]
        lines.append(f"| {row['net'][5:]} | {row['pytorch_best_images_per_second']:.0f} ({row['best_float32'].split(', ')[1]}) | {f['images_per_second']:.0f} | {f['over_pytorch_float32']:.2f} | {100 * f['peak_ratio']:.0f} % | "
                     f"{b['images_per_second']:.0f} | {b['over_pytorch_float32']:.2f} | {100 * b['peak_ratio']:.0f} % |")
    print("\n" + "\n".join(lines))
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "peers.md"), "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(args.out, "peers.json"), "w") as file:
        json.dump({"pytorch": torch.__version__, "threads": threads, "rounds": args.rounds, "nets": results}, file, indent=1)


main()
