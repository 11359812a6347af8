#!/usr/bin/env python3
"""Training steps of reprise and of PyTorch on the same cores, in turn A B A B, in one call.

  compare_pytorch.py --bench build/release/suite/bench/reprise_bench                       every net of the catalog
  compare_pytorch.py --bench ... --filter 'wrn/wrn-10|all-cnn/allcnn-c/' --rounds 5        some of them
  compare_pytorch.py --bench ... --check                                                   only: do both compute the same?
  compare_pytorch.py --bench ... --ranks 2 --filter all-cnn/allcnn-c/desk                  two processes against two of torch.distributed

Every net is written out by `reprise_bench export`, built in PyTorch with the same weights, and counts only if both make the same of the
same images (to 1e-4 of the largest output, or 16 times what float32 itself is off, whichever is more). PyTorch then tries each of its settings for a moment: default and channels-last layout, eager and
(from version 2) compiled, float32 and bfloat16 autocast; the fastest of each precision is measured in turn with reprise.
A step is everything: input to float, forward, loss, backward, update, max-norm. Augmentation and ZCA are in reprise's step alone.

Trials with the same net, batch and optimizer are measured once. A Hebbian net's step is one update of all its plastic layers.
Prints a Markdown table and writes peers.md and peers.json to --out. Without PyTorch it says so and exits with 0.
"""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print("PyTorch is not installed for this Python; peers are skipped (Debian: apt-get install python3-torch)")
    sys.exit(0)

from measured import benchmarks, geometric_mean, spread
from torch_net import Net, Unsupported

TOLERANCE = 1e-4
ORDERS = 16  # a sum term by term is off by up to so many times as much as the same sum in 16 lanes


# ---------------------------------------------------------------------------------------------------------------------- PyTorch's step

def optimizer_of(net):
    o = net.description["optimizer"]
    groups = [{"params": net.decaying, "weight_decay": o["weight_decay"]}, {"params": net.plain, "weight_decay": 0.0}]
    groups = [g for g in groups if g["params"]]
    rate = 1e-3 * o["rate"]  # labels are random: the recipe's rate would diverge
    if o["kind"] == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=o["momentum"], nesterov=o["nesterov"] and o["momentum"] > 0)
    kind = torch.optim.AdamW if o["kind"] == "adamw" else torch.optim.Adam
    return kind(groups, lr=rate, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])


def loss_of(description, kind, output, images, labels):
    output = output.float().flatten(1)
    if kind == "softmax_cross_entropy":
        return F.cross_entropy(output, labels, label_smoothing=description["label_smoothing"])
    target = images.flatten(1) if description["procedure"] == "autoencoder" else F.one_hot(labels, output.shape[1]).float()
    if kind == "squared_error":
        return F.mse_loss(output, target) / 2
    if kind == "logistic_cross_entropy":
        return F.binary_cross_entropy_with_logits(output, target.clamp(0, 1), reduction="sum") / len(output)
    if kind == "squared_hinge":
        return ((1 - (2 * target - 1) * output).clamp_min(0) ** 2).sum(1).mean()
    if kind == "margin":
        wanted = F.one_hot(labels, output.shape[1])
        return (wanted * (0.9 - output).clamp_min(0) ** 2 + 0.5 * (1 - wanted) * (output - 0.1).clamp_min(0) ** 2).sum(1).mean()
    raise Unsupported(f"loss {kind}")


class Steps:
    """Training steps of one net in one setting of PyTorch."""

    def __init__(self, folder, batch, channels_last, compiled, bf16):
        torch.manual_seed(1)
        self.net = Net(folder)
        self.description = self.net.description
        self.hebbian = self.description["procedure"] == "hebbian"
        if self.hebbian and bf16:
            raise Unsupported("Hebbian learning in bfloat16")
        self.optimizer = None if self.hebbian else optimizer_of(self.net)
        self.bound = self.description["optimizer"]["max_norm"]
        self.l1 = self.description["optimizer"]["l1"]
        self.bounded = self.net.bounded
        if channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.net.train()
        self.call = torch.compile(self.net) if compiled else self.net
        self.channels_last, self.bf16, self.batch = channels_last, bf16, batch
        h, w, c = self.description["nodes"][0]["shape"]
        classes = self.description["nodes"][self.description["output"]]["shape"]
        self.pixels = torch.randint(0, 255, (batch, c, h, w), dtype=torch.uint8)
        self.labels = torch.randint(0, classes[0] * classes[1] * classes[2], (batch,))

    def step(self):
        x = self.pixels.float().div_(255)
        if self.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        if self.hebbian:
            return self.net.learn(x)
        self.net.labels = self.labels
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            output = self.call(x)
        loss = loss_of(self.description, self.description["loss"], output, x, self.labels)
        for head, value in zip(self.description["heads"][1:], self.net.values_of_heads[1:]):
            loss = loss + head["weight"] * loss_of(self.description, head["loss"], value, x, self.labels)
        if self.net.penalty is not None:
            loss, self.net.penalty = loss + self.net.penalty, None
        loss.backward()
        if self.l1:
            with torch.no_grad():
                for w in self.net.decaying:
                    w.grad.add_(w.sign(), alpha=self.l1)
        self.optimizer.step()
        if self.bound > 0:
            with torch.no_grad():
                for w in self.bounded:  # twice as fast as renorm_
                    w.mul_((self.bound / w.flatten(1).norm(dim=1).clamp_min(1e-12)).clamp_max(1).view(-1, *[1] * (w.dim() - 1)))

    def rate(self, seconds):
        """Images per second."""
        self.step()
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds or done < 2:
            self.step()
            done += 1
        return done * self.batch / (time.perf_counter() - begun)


def setting_name(setting):
    channels_last, compiled, bf16 = setting
    return ", ".join(["bfloat16" if bf16 else "float32", "channels-last" if channels_last else "default layout"] + (["compiled"] if compiled else []))


def fastest(folder, batch, precisions, compiles, seconds):
    """The fastest setting of each precision, ready to run, and what each setting reached in its trial."""
    best, trials = {}, {}
    for bf16 in precisions:
        for compiled in ([False, True] if compiles else [False]):
            for channels_last in (False, True):
                setting = (channels_last, compiled, bf16)
                try:
                    steps = Steps(folder, batch, *setting)
                    rate = steps.rate(seconds)
                except Exception as error:  # a setting that PyTorch cannot run is no peer
                    trials[setting_name(setting)] = f"failed: {type(error).__name__}"
                    continue
                trials[setting_name(setting)] = rate
                key = "bf16" if bf16 else "f32"
                if key not in best or rate > best[key][0]:
                    best[key] = (rate, setting, steps)
    return {key: (setting, steps) for key, (_, setting, steps) in best.items()}, trials


# ---------------------------------------------------------------------------------------------------------------------- two processes

def gloo_worker(rank, ranks, folder, batch, channels_last, seconds, address, queue):
    import torch.distributed as dist
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{address}", rank=rank, world_size=ranks)
    steps = Steps(folder, batch // ranks, channels_last, False, False)
    steps.call = torch.nn.parallel.DistributedDataParallel(steps.net)
    for _ in range(2):
        steps.step()
    stop, done = torch.zeros(1), 0
    dist.barrier()
    begun = time.perf_counter()
    while not stop:
        for _ in range(5):
            steps.step()
        done += 5
        stop[0] = rank == 0 and time.perf_counter() - begun > seconds
        dist.broadcast(stop, 0)  # all leave after the same step
    if rank == 0:
        queue.put(done * batch / (time.perf_counter() - begun))
    dist.barrier()  # nobody leaves while another still listens
    os._exit(0)     # an orderly end aborts now and then: a thread of gloo is still there when it is destroyed


def gloo_rate(folder, batch, ranks, channels_last, seconds):
    import torch.multiprocessing as mp
    context = mp.get_context("spawn")
    queue = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as scratch:
        workers = [context.Process(target=gloo_worker, args=(r, ranks, folder, batch, channels_last, seconds, os.path.join(scratch, "store"), queue)) for r in range(ranks)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if any(worker.exitcode for worker in workers):
            raise RuntimeError(f"processes of torch.distributed ended with {[worker.exitcode for worker in workers]}, all 0 expected; their messages stand above")
        return queue.get()


def reprise_ranks_rate(bench, net, scale, ranks):
    with tempfile.TemporaryDirectory() as scratch:
        figures = os.path.join(scratch, "figures.json")
        environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        subprocess.run(["mpirun", "-n", str(ranks), "--oversubscribe", os.path.join(os.path.dirname(bench), "reprise_bench_ranks"), "--trial", net, "--scale", scale,
                        "--threads", "1", "--steps", "20", "--no-exchange", "--json", figures], check=True, stdout=subprocess.DEVNULL, env=environment)
        with open(figures) as file:
            step = json.load(file)["step"]
        return step["batch"] / step["seconds"]


# ---------------------------------------------------------------------------------------------------------------------- reprise

def reprise_rate(bench, name, precision, threads, seconds):
    row = benchmarks(bench, f"^step/{name}/{precision}/threads:{threads}$", seconds)[0]
    return row["images_per_second"], row["gflops"], row["peak_ratio"]


def nets_of(bench, pattern):
    """"PAPER/TRIAL/SCALE" of every training step that reprise_bench knows."""
    names = subprocess.run([bench, "nets"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if re.search(pattern, name)]


def export(bench, name, folder):
    paper, trial, scale = name.split("/")
    done = subprocess.run([bench, "export", f"{paper}/{trial}", "--scale", scale, "--samples", "8", "--out", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unsupported(done.stderr.strip().splitlines()[0] if done.stderr.strip() else "cannot be exported")
    with open(os.path.join(folder, "net.json")) as file:
        return json.load(file)


def identity(description):
    """What a step's cost depends on."""
    nodes = [(n["kind"], n["facts"], n["inputs"], n["shape"]) for n in description["nodes"]]
    o = description["optimizer"]
    kinds = (o["kind"], o["momentum"] > 0, o["nesterov"], o["weight_decay"] > 0, o["l1"] > 0, o["max_norm"] > 0)
    return json.dumps([nodes, kinds, description["batch"], description["loss"], len(description["heads"]), description["procedure"]])


# ---------------------------------------------------------------------------------------------------------------------- the table

def compare(args, name, folder, description, threads):
    batch = description["batch"]
    row = {"net": name, "batch": batch, "parameters": sum(p["count"] for n in description["nodes"] for p in n["parameters"] if p["trains"])}
    if args.ranks > 1:
        paper, trial, scale = name.split("/")
        ours, theirs = [], {False: [], True: []}
        for _ in range(args.rounds):
            ours.append(reprise_ranks_rate(args.bench, f"{paper}/{trial}", scale, args.ranks))
            for channels_last in theirs:
                theirs[channels_last].append(gloo_rate(folder, batch, args.ranks, channels_last, args.seconds))
        best = max(theirs, key=lambda layout: statistics.median(theirs[layout]))
        ratios = [a / b for a, b in zip(ours, theirs[best])]
        row["f32"] = {"images_per_second": statistics.median(ours), "pytorch": statistics.median(theirs[best]), "setting": setting_name((best, False, False)) + ", gloo",
                      "ratio": statistics.median(ratios), "spread": spread(ratios)}
        return row
    best, row["trials"] = fastest(folder, batch, [False, True] if args.bf16 else [False], args.compile, args.seconds / 3)
    ours = {"f32": [], "bf16": []}
    theirs = {key: [] for key in best}
    for _ in range(args.rounds):
        for key in ours:
            ours[key].append(reprise_rate(args.bench, name, key, threads, args.seconds))
        for key, (_, steps) in best.items():
            theirs[key].append(steps.rate(args.seconds))
    for key in ours:
        peer = key if key in theirs else "f32"
        ratios = [a[0] / b for a, b in zip(ours[key], theirs[peer])]
        row[key] = {"images_per_second": statistics.median(a[0] for a in ours[key]), "gflops": statistics.median(a[1] for a in ours[key]),
                    "peak_ratio": statistics.median(a[2] for a in ours[key]), "pytorch": statistics.median(theirs[peer]), "setting": setting_name(best[peer][0]),
                    "ratio": statistics.median(ratios), "spread": spread(ratios)}
    return row


def cell(figures):
    text = f"{figures['images_per_second']:.0f} | {figures['pytorch']:.0f} ({figures['setting']}) | {figures['ratio']:.2f} ({figures['spread'][0]:.2f} to {figures['spread'][1]:.2f})"
    return text + (f" | {figures['gflops']:.0f} | {100 * figures['peak_ratio']:.0f} %" if "gflops" in figures else " | | ")


def table(results, left_out, args, threads, facts):
    lines = [f"PyTorch {torch.__version__}, {facts}; {threads} threads" + (f", {args.ranks} processes" if args.ranks > 1 else "") + f"; {args.rounds} rounds in turn, medians; images a second.", "",
             "| net | batch | precision | reprise | PyTorch, best setting | ratio (least to greatest) | GFLOP/s | of peak |", "|---|---|---|---|---|---|---|---|"]
    for row in results:
        for key, label in (("f32", "float32"), ("bf16", "bfloat16")):
            if key in row:
                lines.append(f"| {row['net']} | {row['batch']} | {label} | {cell(row[key])} |")
    for key, label in (("f32", "float32"), ("bf16", "bfloat16")):
        ratios = [row[key]["ratio"] for row in results if key in row]
        if ratios:
            lines.append(f"| geometric mean of {len(ratios)} | | {label} | | | {geometric_mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | | |")
    if left_out:
        lines += ["", "Left out:", ""] + [f"- {name}: {why}" for name, why in left_out]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the reprise_bench program")
    parser.add_argument("--filter", default="", help="regular expression over PAPER/TRIAL/SCALE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")
    parser.add_argument("--max-gflop", type=float, default=1e5, help="leaves out nets whose step takes more operations than this, in 1e9")
    parser.add_argument("--bf16", action="store_true", help="measure PyTorch's bfloat16 autocast too (else reprise's bfloat16 is set against float32)")
    parser.add_argument("--compile", action="store_true", help="try torch.compile too")
    parser.add_argument("--check", action="store_true", help="only compare what the nets compute")
    parser.add_argument("--ranks", type=int, default=1, help="processes of one thread each, against torch.distributed with gloo")
    parser.add_argument("--out", default=".", help="folder of peers.md and peers.json")
    args = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)

    results, left_out, seen, wrong = [], [], {}, 0
    for name in nets_of(args.bench, args.filter):
        with tempfile.TemporaryDirectory() as folder:
            try:
                description = export(args.bench, name, folder)
                step_gflop = description["training_flops"] * description["batch"] * 1e-9
                if step_gflop > args.max_gflop:
                    left_out.append((name, f"{step_gflop:.0f} GFLOP a step"))
                    continue
                key = identity(description)
                if key in seen:
                    print(f"{name}: the same step as {seen[key]}", flush=True)
                    continue
                seen[key] = name
                difference, rounding = Net(folder).difference(folder)
                if not difference <= max(TOLERANCE, ORDERS * rounding):
                    wrong += 1
                    left_out.append((name, f"does not compute the same: outputs differ by {difference:.1e}"))
                    print(f"{name}: outputs differ by {difference:.1e} of the largest, at most {TOLERANCE:.0e} expected", flush=True)
                    continue
                if args.check:
                    print(f"{name}: outputs differ by {difference:.1e} of the largest", flush=True)
                    continue
                row = compare(args, name, folder, description, threads)
            except Unsupported as missing:
                left_out.append((name, f"no counterpart of `{missing}`"))
                print(f"{name}: no counterpart of `{missing}`", flush=True)
                continue
        row["difference"] = difference
        results.append(row)
        print(f"{name}: " + "; ".join(f"{key} {row[key]['images_per_second']:.0f} images/s = {row[key]['ratio']:.2f} x PyTorch ({row[key]['setting']})" for key in ("f32", "bf16") if key in row), flush=True)

    if not args.check:
        lines = table(results, left_out, args, threads, platform.machine())
        print("\n" + "\n".join(lines))
        os.makedirs(args.out, exist_ok=True)
        with open(os.path.join(args.out, "peers.md"), "w") as file:
            file.write("\n".join(lines) + "\n")
        with open(os.path.join(args.out, "peers.json"), "w") as file:
            json.dump({"pytorch": torch.__version__, "machine": platform.machine(), "threads": threads, "ranks": args.ranks, "rounds": args.rounds, "nets": results,
                       "left_out": [{"net": name, "why": why} for name, why in left_out]}, file, indent=1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
