#!/usr/bin/env python3
"""The tables of docs/performance.md from the measurements in reports/evidence/performance.

  performance_tables.py keep RUN.json FILE      copies what reprise_bench wrote (--benchmark_out) without names of hosts and folders,
                                                into reports/evidence/performance
  performance_tables.py keep-steps RUN.json... FILE    the steps that reprise_bench_ranks wrote (--json), as one list
  performance_tables.py keep-network GIGABITS=RUN.json... FILE    scaling over hosts that reprise_bench_ranks wrote, each with the rate of its link
  performance_tables.py keep-ratios RUN.json... FILE    only the ratios to peak, into suite/bench/baseline
  performance_tables.py update                  writes the tables into docs/performance.md
  performance_tables.py check                   exit code 1 if they are not what the measurements say
"""
import json
import math
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EVIDENCE = os.path.join(ROOT, "reports", "evidence", "performance")
PAGE = os.path.join(ROOT, "docs", "performance.md")


def read(name):
    with open(os.path.join(EVIDENCE, name + ".json")) as file:
        return json.load(file)


def keep(source, target):
    with open(source) as file:
        run = json.load(file)
    kept = {"context": {key: run["context"][key] for key in ("date", "num_cpus", "mhz_per_cpu", "library_build_type") if key in run["context"]},
            "benchmarks": [{key: row[key] for key in ("name", "run_name", "run_type", "aggregate_name", "repetitions", "real_time", "real_coefficient", "big_o", "rms", "time_unit",
                                                      "gflops", "gbytes", "peak_ratio", "images_per_second", "net_MiB", "recorded", "chosen",
                                                      "stages", "stage_ends_percent") if key in row} for row in run["benchmarks"]]}
    with open(target, "w") as file:
        json.dump(kept, file, indent=1)
        file.write("\n")


def keep_ratios(sources, target):
    rows = []
    for source in sources:
        with open(source) as file:
            rows += [row for row in json.load(file)["benchmarks"] if row["run_type"] == "iteration"]
    lines = [json.dumps({"run_name": row["run_name"], "peak_ratio": round(row["peak_ratio"], 4)}) for row in rows]
    with open(target, "w") as file:
        file.write('{"benchmarks": [\n  ' + ",\n  ".join(lines) + "\n]}\n")


def keep_steps(sources, target):
    steps = []
    for source in sources:
        with open(source) as file:
            steps.append(json.load(file)["step"])
    with open(target, "w") as file:
        json.dump(steps, file, indent=1)
        file.write("\n")


def keep_network(sources, target):
    runs = []
    for source in sources:
        gigabits, name = source.split("=", 1)
        with open(name) as file:
            figures = json.load(file)
        runs.append({"link_gigabits": float(gigabits), **{key: figures[key] for key in ("trial", "scale", "network", "rows")}})
    with open(target, "w") as file:
        json.dump(runs, file, indent=1)
        file.write("\n")


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(row) + " |" for row in rows]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def ratio(figures):
    return f"{figures['ratio']:.2f} ({figures['spread'][0]:.2f} to {figures['spread'][1]:.2f})"


def peers():
    run = read("peers")
    rows = []
    for net in run["nets"]:
        f, b = net["f32"], net["bf16"]
        rows.append([net["net"], str(net["batch"]), f"{f['images_per_second']:.0f}", f"{f['pytorch']:.0f}", f["setting"].replace("float32, ", ""),
                     ratio(f), f"{f['gflops']:.0f}", f"{100 * f['peak_ratio']:.0f} %", f"{b['images_per_second']:.0f}", ratio(b)])
    ratios, halves = [net["f32"]["ratio"] for net in run["nets"]], [net["bf16"]["ratio"] for net in run["nets"]]
    lines = [f"{len(rows)} steps against PyTorch {run['pytorch']}, {run['threads']} threads, {run['rounds']} alternating rounds. Float32: geometric mean of the ratios "
             f"{geometric_mean(ratios):.2f}, min {min(ratios):.2f}, max {max(ratios):.2f}; bfloat16 against PyTorch's best float32 "
             f"(these CPUs have no bfloat16 units): {geometric_mean(halves):.2f}, min {min(halves):.2f}.", ""]
    lines += table(["net", "batch", "images/s", "PyTorch", "its best setting", "ratio (rounds)", "GFLOP/s", "of peak", "bfloat16, images/s", "ratio"], rows)
    if run["left_out"]:
        lines += ["", "Left out: " + "; ".join(f"{row['net']} ({row['why']})" for row in run["left_out"]) + "."]
    return lines


def peers_in_both_precisions(name):
    """On CPUs that multiply bfloat16, each precision against PyTorch's best in it."""
    run = read(name)
    rows, means = [], []
    for net in run["nets"]:
        row = [net["net"], str(net["batch"])]
        for key in ("f32", "bf16"):
            figures = net[key]
            compiled = ", compiled" if figures["setting"].endswith("compiled") else ""
            row += [f"{figures['images_per_second']:.0f}", f"{figures['pytorch']:.0f}{compiled}", ratio(figures), f"{100 * figures['peak_ratio']:.0f} %"]
        rows.append(row + [f"{net['bf16']['images_per_second'] / net['f32']['pytorch']:.2f}"])
    for key, name in (("f32", "float32"), ("bf16", "bfloat16")):
        ratios = [net[key]["ratio"] for net in run["nets"]]
        means.append(f"{name}: geometric mean of the ratios {geometric_mean(ratios):.2f}, min {min(ratios):.2f}, max {max(ratios):.2f}")
    lines = [f"{len(rows)} steps against PyTorch {run['pytorch']}, {run['threads']} threads, {run['rounds']} or more alternating rounds, each precision against PyTorch's best setting "
             f"in it; compiled nets were tried for {sum(any('compiled' in setting for setting in net['trials']) for net in run['nets'])} of them"
             f"{', those with the lowest ratios first' if any('compiled' in setting for net in run['nets'] for setting in net['trials']) else ''}. "
             f"{'; '.join(means)}.", ""]
    return lines + table(["net", "batch", "float32, images/s", "PyTorch", "ratio (rounds)", "of peak", "bfloat16, images/s", "PyTorch", "ratio (rounds)", "of peak",
                          "bfloat16 over PyTorch's float32"], rows)


def peers_ranks():
    """Processes of one thread each."""
    run = read("peers-ranks")
    rows = [[net["net"], str(net["batch"]), f"{net['f32']['images_per_second']:.0f}", f"{net['f32']['pytorch']:.0f}", ratio(net["f32"])] for net in run["nets"]]
    return [f"{run['ranks']} ranks of one thread, {run['rounds']} alternating rounds; PyTorch {run['pytorch']}.", ""] + table(["net", "batch", "images/s", "PyTorch, gloo", "ratio (rounds)"], rows)


def input_pipeline():
    run = read("input")
    rows = [[row["row"], f"{row['images_per_second']:.0f}", f"{row['pytorch']:.0f}", row["setting"], ratio(row)] for row in run["rows"]]
    return [f"{run['threads']} cores, {run['rounds']} alternating rounds; PyTorch {run['pytorch']}, torchvision {run['torchvision']}.", ""] + \
        table(["photographs", "images/s", "DataLoader", "its best setting", "ratio (rounds)"], rows)


def densenet_memory():
    run = read("densenet-memory")
    rows = []
    for net in run["nets"]:
        for kind, name in (("reprise", "reprise"), ("plain", "PyTorch"), ("checkpoints", "PyTorch, checkpoints")):
            figures = net[kind]
            rows.append([net["net"], name, f"{figures['images_per_second']:.0f}", f"{figures['peak_MiB'] - figures['before_MiB']:.0f} MiB"])
    return [f"{run['threads']} threads, {run['rounds']} alternating rounds.", ""] + table(["net", "kind", "images/s", "peak memory"], rows)


def attention():
    run = read("attention")
    rows = [[f"{row['heads']} heads, {row['tokens']} tokens, {row['channels']} channels"] +
            [cell for key in ("f32", "bf16") for cell in (f"{row[key]['images_per_second']:.0f}", ratio(row[key]), f"{row[key]['ratio_without_dropout']:.2f}")] for row in run["rows"]]
    return [f"One thread, {run['rounds']} alternating rounds; PyTorch {run['pytorch']}.", ""] + \
        table(["attention", "float32, images/s", "ratio (rounds)", "PyTorch without dropout", "bfloat16, images/s", "ratio (rounds)", "PyTorch without dropout"], rows)


def growth():
    points, fits = {}, {}
    for row in read("growth")["benchmarks"]:
        name = row["run_name"].replace("/real_time", "").replace("growth/", "")
        if row.get("aggregate_name") == "BigO":
            fits.setdefault(name, {})["law"] = row["big_o"]
        elif row.get("aggregate_name") == "RMS":
            fits.setdefault(name, {})["rms"] = row["rms"]
        else:
            name, value = name.rsplit("/", 1)
            points.setdefault(name, []).append((int(value), row["real_time"], row["net_MiB"]))
    rows = []
    for name, values in points.items():
        what, net = name.split("/", 1)
        rows.append([net, what, ", ".join(str(v) for v, _, _ in values), ", ".join(f"{t:.3g}" for _, t, _ in values),
                     fits[name]["law"].replace("N^2", what + "²").replace("N", what), f"{100 * fits[name]['rms']:.1f} %", ", ".join(f"{m:.0f}" for _, _, m in values)])
    return table(["net", "what is varied", "to", "step, ms", "fitted law", "rms error of the fit", "memory of the net, MiB"], rows)


def shards():
    nets = {}
    for row in read("shards")["benchmarks"]:
        _, paper, trial, scale, precision, shard = row["run_name"].split("/")
        nets.setdefault((f"{paper}/{trial}/{scale}", precision), []).append((int(shard), row))
    rows, losses = [], []
    for (net, precision), points in nets.items():
        least = min(row["real_time"] for _, row in points)
        over = lambda row: f"{row['real_time'] / least:.2f}"
        marked = lambda key: next((shard, row) for shard, row in points if row[key])
        recorded, chosen = marked("recorded"), marked("chosen")
        losses.append(chosen[1]["real_time"] / least)
        rows.append([net, precision, ", ".join(str(shard) for shard, _ in points), ", ".join(over(row) for _, row in points), f"{recorded[0]} ({over(recorded[1])})", f"{chosen[0]} ({over(chosen[1])})"])
    return [f"On one thread the model's choice costs {100 * (geometric_mean(losses) - 1):.0f} % over the best size in the geometric mean.", ""] + \
        table(["net", "precision", "samples per shard", "step time over the min", "recipe", "auto"], rows)


def evaluation():
    rows = []
    for row in read("evaluation")["benchmarks"]:
        _, paper, trial, scale, precision, _ = row["run_name"].split("/")
        rows.append([f"{paper}/{trial}/{scale}", precision, f"{row['images_per_second']:.0f}", f"{row['gflops']:.0f}", f"{100 * row['peak_ratio']:.0f} %"])
    return table(["net", "precision", "images/s", "GFLOP/s", "of peak"], rows)


def stages():
    of_threads, of_ranks = {}, {f"{row['trial']}/{row['scale']}": row for row in read("stages-ranks")}
    for row in read("stages")["benchmarks"]:
        net, threads = re.fullmatch(r"step/(.*)/f32/threads:(\d)", row["run_name"]).groups()
        of_threads.setdefault(net, {})[int(threads)] = row
    rows = []
    for net, row in of_threads.items():
        ranks = of_ranks.get(net)
        rows.append([net, f"{row[2]['stages']:.0f}", f"{row[1]['images_per_second']:.0f}", f"{row[2]['images_per_second']:.0f}", f"{row[2]['stage_ends_percent']:.2f} %",
                     f"{ranks['batch'] / ranks['seconds']:.0f}" if ranks else "", f"{100 * ranks['stage_end_seconds'] / ranks['seconds']:.2f} %" if ranks else ""])
    return table(["net", "stages", "images/s, one thread", "two threads", "ends of stages", "two ranks", "ends of stages"], rows)


def network():
    rows = []
    for run in read("network"):
        one, two = [next(row for row in run["rows"] if row["kind"] == "strong" and row["ranks"] == ranks) for ranks in (1, 2)]
        rows.append([f"{run['trial']}/{run['scale']}", f"{run['link_gigabits']:.0f}", f"{8e-9 * run['network']['bytes_per_second']:.2f}", f"{1e3 * one['seconds']:.1f}",
                     f"{1e3 * two['seconds']:.1f}", f"{1e3 * two['forecast_seconds']:.1f} ({two['forecast_seconds'] / two['seconds']:.2f})",
                     f"{50 * one['seconds'] / two['seconds']:.0f} %"])
    return table(["net", "link, Gbit/s", "measured, Gbit/s", "one host, ms", "two hosts, ms", "forecast, ms (over measured)", "efficiency"], rows)


BLOCKS = {"peers": peers, "peers-bf16": lambda: peers_in_both_precisions("peers-bf16"), "peers-fourteen": lambda: peers_in_both_precisions("peers-fourteen"),
          "input": input_pipeline, "densenet-memory": densenet_memory, "attention": attention, "peers-ranks": peers_ranks, "evaluation": evaluation, "growth": growth, "shards": shards, "stages": stages,
          "network": network}


def page():
    with open(PAGE) as file:
        text = file.read()
    for name, block in BLOCKS.items():
        pattern = re.compile(rf"(<!-- {name}: made by suite/bench/performance_tables.py -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"{PAGE}: no place for the table '{name}'")
        text = pattern.sub(lambda match: match.group(1) + "\n" + "\n".join(block()) + "\n\n" + match.group(2), text)
    return text


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "keep":
        return keep(sys.argv[2], sys.argv[3])
    if len(sys.argv) >= 4 and sys.argv[1] == "keep-ratios":
        return keep_ratios(sys.argv[2:-1], sys.argv[-1])
    if len(sys.argv) >= 4 and sys.argv[1] == "keep-network":
        return keep_network(sys.argv[2:-1], sys.argv[-1])
    if len(sys.argv) >= 4 and sys.argv[1] == "keep-steps":
        return keep_steps(sys.argv[2:-1], sys.argv[-1])
    if len(sys.argv) != 2 or sys.argv[1] not in ("update", "check"):
        sys.exit(__doc__)
    made = page()
    with open(PAGE) as file:
        current = file.read() == made
    if sys.argv[1] == "check" and not current:
        sys.exit("docs/performance.md is not what reports/evidence/performance says: run suite/bench/performance_tables.py update")
    if sys.argv[1] == "update" and not current:
        with open(PAGE, "w") as file:
            file.write(made)


if __name__ == "__main__":
    main()
