#!/usr/bin/env python3
"""Photographs a second from JPEG files to batches of float: reprise's input pipeline, and PyTorch's DataLoader with torchvision, in turn.

  input_pytorch.py --bench build/release/suite/bench/reprise_bench --data DIR     DIR with imagenette2-112

Both decode each photograph anew, resize it where the row says so, crop and mirror it at random, move its colours along principal axes and
subtract a mean image. reprise runs one process on each core; PyTorch its fastest number of workers and its faster decoder (Pillow, or
torchvision's own), on the same cores. Files come from the page cache on both sides: they are read once before. Prints a Markdown table and,
with --out, writes input.json there.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import time

try:
    import torch
    import torchvision
    from torchvision.io import ImageReadMode, decode_jpeg, read_file
    from torchvision.transforms import v2
    from PIL import Image
except ImportError as error:
    print(f"{error.name} is not installed for this Python; the comparison is skipped (pip install torch torchvision)")
    sys.exit(0)

from measured import spread

BATCH = 64
ROWS = [{"bench": "input/photograph112/mean_image+crop98+flip+colour", "side": None, "crop": 98},
        {"bench": "input/photograph112/resize64+mean_image+crop56+flip+colour", "side": 64, "crop": 56}]


class Photographs(torch.utils.data.Dataset):
    def __init__(self, files, row, decoder):
        self.files, self.decoder, crop = files, decoder, row["crop"]
        resize = [v2.Resize(row["side"], antialias=True)] if row["side"] else []
        to_tensor = [v2.PILToTensor()] if decoder == "Pillow" else []
        self.transform = v2.Compose(resize + [v2.RandomCrop(crop), v2.RandomHorizontalFlip()] + to_tensor + [v2.ToDtype(torch.float32, scale=True)])
        self.mean = torch.full((3, crop, crop), 0.45)
        self.axes = torch.linalg.qr(torch.randn(3, 3))[0]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path = self.files[index]
        image = Image.open(path).convert("RGB") if self.decoder == "Pillow" else decode_jpeg(read_file(path), mode=ImageReadMode.RGB)
        x = self.transform(image)
        shift = self.axes @ (torch.randn(3) * 0.1)
        return x + shift.view(3, 1, 1) - self.mean


def loader_rate(files, row, decoder, workers, seconds):
    data = torch.utils.data.DataLoader(Photographs(files, row, decoder), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    for _ in data:  # starts the workers and reads every file
        break
    done, begun = 0, time.perf_counter()
    for batch in data:
        done += len(batch)
        if time.perf_counter() - begun > seconds:
            break
    return done / (time.perf_counter() - begun)


def reprise_rate(bench, row, data, seconds):
    """One process on each core at once."""
    command = [bench, f"--benchmark_filter=^{row['bench'].replace('+', '[+]')}$", "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    running = [subprocess.Popen(["taskset", "-c", str(core), *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                env=dict(os.environ, REPRISE_DATA=data)) for core in sorted(os.sched_getaffinity(0))]
    return sum(json.loads(process.communicate()[0])["benchmarks"][0]["images_per_second"] for process in running)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the reprise_bench program")
    parser.add_argument("--data", default=os.environ.get("REPRISE_DATA", os.path.expanduser("~/.cache/reprise/data")), help="data directory (default: $REPRISE_DATA)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one measurement")
    parser.add_argument("--out", help="folder of input.json")
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(1)
    files = sorted(glob.glob(os.path.join(args.data, "imagenette2-112", "train", "*", "*")))
    if not files:
        sys.exit(f"{args.data}: no photographs in imagenette2-112/train")
    for path in files:
        with open(path, "rb") as file:
            file.read()

    rows = []
    for row in ROWS:
        settings = [(decoder, workers) for decoder in ("Pillow", "torchvision") for workers in sorted({cores - 1, cores, cores + 1, 2 * cores})]
        trials = {setting: loader_rate(files, row, *setting, args.seconds / 2) for setting in settings}
        best = max(trials, key=trials.get)
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(reprise_rate(args.bench, row, args.data, args.seconds))
            theirs.append(loader_rate(files, row, *best, args.seconds))
        ratios = [a / b for a, b in zip(ours, theirs)]
        rows.append({"row": row["bench"].split("/", 1)[1], "images_per_second": statistics.median(ours), "pytorch": statistics.median(theirs), "setting": f"{best[0]}, {best[1]} workers",
                     "ratio": statistics.median(ratios), "spread": spread(ratios), "trials": {f"{decoder}, {workers} workers": rate for (decoder, workers), rate in trials.items()}})
        print(json.dumps(rows[-1]), flush=True)

    print("\n| photographs | reprise, images/s | DataLoader, its fastest setting | ratio (rounds) |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['row']} | {row['images_per_second']:.0f} | {row['pytorch']:.0f} ({row['setting']}) | {row['ratio']:.2f} ({row['spread'][0]:.2f} to {row['spread'][1]:.2f}) |")
    if args.out:
        with open(os.path.join(args.out, "input.json"), "w") as file:
            json.dump({"pytorch": torch.__version__, "torchvision": torchvision.__version__, "threads": cores, "rounds": args.rounds, "rows": rows}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
