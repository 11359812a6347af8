#!/usr/bin/env python3
"""Memory and time of training steps of a DenseNet, in reprise and in PyTorch, in turn.

  dense_memory.py --bench build/release/suite/bench/reprise_bench --net densenet/l40-k12-c10plus/paper

PyTorch runs the net as it is (each concatenation kept for the backward pass) and with checkpoints: the concatenation, its norm, its ReLU and
the convolution behind it are computed again in the backward pass, as torchvision's `memory_efficient` does. Each measurement is a process
of its own; memory is its peak of resident memory, and, for PyTorch, that less what the imported library itself takes.
Prints a Markdown table and, with --out, writes densenet-memory.json there.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

SECONDS = 3.0


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pytorch(folder, checkpoints, threads):
    """In a process of its own: prints images a second, peak memory and that before the net."""
    import torch
    import torch.nn.functional as F
    from torch.utils.checkpoint import checkpoint
    from compare_pytorch import Steps
    torch.set_num_threads(threads)
    F.conv2d(torch.zeros(1, 8, 8, 8), torch.zeros(8, 8, 3, 3))
    before = peak_mib()
    with open(os.path.join(folder, "net.json")) as file:
        batch = json.load(file)["batch"]
    steps = Steps(folder, batch, True, False, False)
    if checkpoints:
        steps.call = Checkpointed(steps.net, checkpoint)
        x = torch.rand(2, *steps.pixels.shape[1:])
        steps.net.eval()
        assert torch.allclose(steps.call(x), steps.net(x), atol=1e-4), "checkpoints change what the net computes"
        steps.net.train()
    rate = steps.rate(SECONDS)
    print(json.dumps({"images_per_second": rate, "peak_MiB": peak_mib(), "before_MiB": before}))


class Checkpointed:
    """The net with each concatenation and the batch norm, ReLU and convolution that read it as one checkpoint. A concatenation of a
    concatenation is one of its parts, so that none is kept."""

    BEHIND = ["batch_norm", "relu", "conv2d"]

    def __init__(self, net, checkpoint):
        self.net, self.checkpoint, self.nodes = net, checkpoint, net.description["nodes"]

    def parts(self, j):
        node = self.nodes[j]
        return [part for i in node["inputs"] for part in self.parts(i)] if node["kind"] == "concat" else [j]

    def reads_concat(self, i):
        chain = self.nodes[i:i + len(self.BEHIND)]
        return ([node["kind"] for node in chain] == self.BEHIND and chain[1]["inputs"] == [i] and chain[2]["inputs"] == [i + 1]
                and self.nodes[chain[0]["inputs"][0]]["kind"] == "concat")

    def __call__(self, x):
        import torch
        net, values, i = self.net, {0: x}, 1
        while i < len(self.nodes):
            if self.nodes[i]["kind"] == "concat":
                i += 1
                continue
            chain = range(i, i + (len(self.BEHIND) if self.reads_concat(i) else 1))
            layers = [net.layers[j - 1] for j in chain]
            inputs = [[values[part] for part in self.parts(j)] for j in self.nodes[i]["inputs"]]

            def run(*flat, layers=layers, sizes=[len(part) for part in inputs]):
                flat = list(flat)
                y = layers[0](*[torch.cat([flat.pop(0) for _ in range(size)], 1) if size > 1 else flat.pop(0) for size in sizes])
                for layer in layers[1:]:
                    y = layer(y)
                return y

            flat = [value for part in inputs for value in part]
            values[chain[-1]] = self.checkpoint(run, *flat, use_reentrant=False) if len(chain) > 1 else run(*flat)
            i = chain[-1] + 1
        net.values_of_heads = [values[head["node"]] for head in net.description["heads"]]
        return values[net.output]


def reprise(bench, net, threads):
    command = [bench, f"--benchmark_filter=^step/{net}/f32/threads:{threads}$", "--benchmark_format=json", f"--benchmark_min_time={SECONDS}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: exit code {status}")
    return {"images_per_second": json.loads(out)["benchmarks"][0]["images_per_second"], "peak_MiB": usage.ru_maxrss / 1024, "before_MiB": 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the reprise_bench program")
    parser.add_argument("--net", nargs="+", default=["densenet/l40-k12-c10plus/paper"], help="PAPER/TRIAL/SCALE")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", help="folder of densenet-memory.json")
    parser.add_argument("--pytorch", nargs=2, help=argparse.SUPPRESS)  # FOLDER plain|checkpoints: the process that PyTorch runs in
    args = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    if args.pytorch:
        return pytorch(args.pytorch[0], args.pytorch[1] == "checkpoints", threads)

    rows = []
    for net in args.net:
        paper, trial, scale = net.split("/")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([args.bench, "export", f"{paper}/{trial}", "--scale", scale, "--samples", "1", "--out", folder], check=True)
            found = {"reprise": [], "plain": [], "checkpoints": []}
            for _ in range(args.rounds):
                found["reprise"].append(reprise(args.bench, net, threads))
                for kind in ("plain", "checkpoints"):
                    done = subprocess.run([sys.executable, __file__, "--bench", args.bench, "--pytorch", folder, kind], check=True, capture_output=True, text=True)
                    found[kind].append(json.loads(done.stdout))
        rows.append({"net": net, **{kind: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for kind, runs in found.items()}})
        print(json.dumps(rows[-1]), flush=True)

    print("\n| net | kind | images/s | peak memory, MiB | of it before the net |\n|---|---|---|---|---|")
    for row in rows:
        for kind, label in (("reprise", "reprise"), ("plain", "PyTorch"), ("checkpoints", "PyTorch, checkpoints")):
            print(f"| {row['net']} | {label} | {row[kind]['images_per_second']:.0f} | {row[kind]['peak_MiB']:.0f} | {row[kind]['before_MiB']:.0f} |")
    if args.out:
        with open(os.path.join(args.out, "densenet-memory.json"), "w") as file:
            json.dump({"threads": threads, "rounds": args.rounds, "nets": rows}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
