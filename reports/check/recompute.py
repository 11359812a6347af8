#!/usr/bin/env python3
"""Recomputes every row and claim of a report from the result files and the catalog's TOML, and compares them with report.json.

    recompute.py EVIDENCE EXPERIMENTS REPORT.json

It shares no code with the report: h5py reads the files, SciPy has the distributions. Exit code 0: all agree; 1: something differs, which
is listed; 77: h5py, SciPy or a TOML reader is missing.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

try:
    import numpy as np

    from rules import beside_published, compare, half_width, parts_of, samples_of, status_of, whole_of
    from runs import Group, Run, canonical, derived, expanded, tomllib
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-h5py python3-scipy)")
    sys.exit(77)

TOLERANCE = 1e-6


class Checker:
    def __init__(self):
        self.faults, self.checked = [], 0

    def same(self, where, name, mine, theirs):
        self.checked += 1
        if isinstance(mine, float) or isinstance(theirs, float):
            if mine is not None and not math.isfinite(mine):
                mine = None
            if mine is None or theirs is None:
                ok = mine is None and theirs is None
            else:
                ok = abs(mine - theirs) <= TOLERANCE * max(1.0, abs(mine), abs(theirs)) or (name in "pq" and abs(mine - theirs) < 1e-4 * max(mine, theirs))
        else:
            ok = mine == theirs
        if not ok:
            self.faults.append(f"{where}: {name}: recomputed {mine}, report {theirs}")

    def interval(self, where, name, value, width, numbers):
        width = math.inf if width is None else width
        self.same(where, name + "_low", float(value - width), as_float(numbers[name + "_low"]))
        self.same(where, name + "_high", float(value + width), as_float(numbers[name + "_high"]))

    def estimate(self, where, mine, numbers):
        for name in ("effect", "standard_error", "degrees_of_freedom", "level", "p"):
            self.same(where, name, float(mine[name]), as_float(numbers[name]))
        self.interval(where, "interval95", mine["effect"], half_width(mine["standard_error"], mine["degrees_of_freedom"]), numbers)
        self.interval(where, "interval_of_level", mine["effect"], half_width(mine["standard_error"], mine["degrees_of_freedom"], mine["level"]), numbers)
        self.interval(where, "new_images95", mine["effect"], mine["wide"], numbers)


def as_float(value):
    return None if value is None else float(value)


def false_discovery(p_values):
    """Benjamini and Hochberg: the least of m p(j) / j over all ranks j at or above a value's own."""
    p, m = np.array(p_values), len(p_values)
    order = np.argsort(p, kind="stable")
    scaled = [min(1.0, p[i] * m / (rank + 1)) for rank, i in enumerate(order)]
    q = np.empty(m)
    for rank, i in enumerate(order):
        q[i] = min(scaled[rank:])
    return list(q)


def group_key(run):
    words = {"title", "reproduces", "reports", "deviations", "words", "by_hand"}
    settings = {key: value for key, value in run.recipe.items() if key not in words}
    by_hand = tuple(sorted(d for d in run.recipe.get("deviations", []) if isinstance(d, str) and d.startswith("set by hand")))
    return run.paper, run.trial, run.scale, json.dumps(settings, sort_keys=True, default=str), by_hand, run.answer, run.data, run.arithmetic


def find_group(groups, seeds, trial, row):
    """The group that a row or a side is about: its trial, scale, data set and seeds."""
    found = [g for g in groups if g.trial == trial and g.scale == row["scale"] and g.dataset == row["dataset"]]
    return [g for g in found if seeds is None or [r.seed for r in g.runs if r.seed in set(seeds)] == seeds]


def check_rows(paper, groups, get, numbers, stand_ins, checker, families):
    for row in paper["rows"]:
        where = f"{paper['slug']} row {row['id']} ({row['trial']}, {row['scale']} {row['variation']})"
        found = find_group(groups, row["seeds"], row["trial"], row)
        if row["n"] == 0 and row["diverged"]:
            checker.same(where, "diverged", row["diverged"], next((g.diverged for g in found if not g.runs and g.diverged == row["diverged"]), 0))
            continue
        found = [g for g in found if g.runs and [g2 for g2 in [get(g, row["metric"])] if g2.all_seeds == row["seeds"] and close(g2, row)]]
        if not found:
            checker.faults.append(f"{where}: no such runs")
            continue
        sample = get(found[0], row["metric"])
        checker.same(where, "mean", float(np.mean(sample.values if sample.values else row["values"])), as_float(row["mean"]))
        checker.same(where, "failed", len(sample.failed), row["failed"])
        checker.same(where, "diverged", found[0].diverged, row["diverged"])
        checker.same(where, "variance", float(sample.spread.variance), as_float(row["variance"]))
        if sample.values:
            error = math.sqrt(sample.spread.variance / len(sample.values)) if sample.spread.df > 0 else math.inf
            checker.interval(where, "mean95", float(np.mean(sample.values)), half_width(error, sample.spread.df), row)
        number = numbers.get(row["id"])
        if number is None:
            continue
        alike = canonical(number["dataset"]) == canonical(row["dataset"]) and row["scale"] == "paper" and number["status"] == "verified"
        by_hand = any("=" in part for part in row["variation"].split("; "))
        if not alike or sample.censored or row["trial"] in stand_ins or by_hand:
            checker.same(where, "status", "not_compared", row["status"])
            continue
        mine = beside_published(sample, number)
        checker.same(where, "status", mine["status"], row["status"])
        checker.same(where, "margin", float(mine["margin"]), as_float(row["margin"]))
        checker.estimate(where, mine, row)
        families["rows"].append((where, mine["p"], row["q"]))


def close(sample, row):
    values = [run.value(row["metric"]) for run in sample.group.runs if run.value(row["metric"]) is not None]
    return len(values) == len(row["values"]) and np.allclose(values, row["values"], rtol=1e-12)


def check_claims(paper, groups, get, claims, checker, families):
    ids = [claim["id"] for claim in claims]
    for shown in paper["claims"]:
        claim = claims[ids.index(shown["id"])]
        where = f"{paper['slug']} claim {shown['id']} ({shown['scale']} {shown['variation']})"
        metric, below = claim.get("metric", "test_error"), claim.get("requires", {}).get("error_below")
        if shown["status"] == "not_run":
            complete = []
            for scale, dataset, answer in {(g.scale, g.dataset, g.runs[0].answer) for g in groups}:
                if claim.get("scales") and scale not in claim["scales"]:
                    continue
                trials = {t for left, right, _ in parts_of(claim) for t in (left, right) if t}
                here = {g.trial for g in groups if (g.scale, g.dataset, g.runs[0].answer) == (scale, dataset, answer) and get(g, metric).all_seeds}
                complete += [scale] if trials <= here else []
            checker.same(where, "settings with runs", [], complete)
            continue
        parts = []
        for (left, right, region), numbers in zip(parts_of(claim), shown["comparisons"]):
            a = [g for g in find_group(groups, numbers["left_seeds"], left, shown) if sides_match(get(g, metric), numbers, "left")]
            b = [g for g in find_group(groups, numbers["right_seeds"], right, shown) if sides_match(get(g, metric), numbers, "right")] if right else [None]
            if not a or not b:
                checker.faults.append(f"{where}: no such runs")
                break
            mine = compare(get(a[0], metric), get(b[0], metric) if right else None, claim["kind"], region, metric, below)
            checker.estimate(where, mine, numbers)
            parts.append(mine)
        else:
            decision, p = whole_of(parts)
            substitute = bool(claim.get("dataset")) and canonical(claim["dataset"]) != canonical(shown["dataset"])
            status = status_of(parts, decision, claim["kind"], shown["scale"] == "paper" and not substitute)
            checker.same(where, "status", status, shown["status"])
            checker.same(where, "seeds", min(part["seeds"] for part in parts), shown["seeds"])
            if status not in ("censored", "did_not_train"):
                checker.same(where, "p", p, as_float(shown["p"]))
                families["claims"].append((where, p, shown["q"]))


def sides_match(sample, numbers, side):
    mean = numbers[side + "_mean"]
    if mean is None:
        return not sample.values
    return sample.seeds == numbers[side + "_seeds"] and abs(np.mean(sample.values) - mean) <= 1e-9 * max(1.0, abs(mean))


def main(evidence, experiments, report_file):
    runs, seen = [], set()
    for path in sorted(Path(evidence).rglob("*.h5")):
        if "superseded" in path.relative_to(evidence).parts or path.name.startswith("."):
            continue
        runs.append(Run(path))
    report = json.loads(Path(report_file).read_text())
    checker, families = Checker(), {"rows": [], "claims": []}
    for paper in report["papers"]:
        slug = paper["slug"]
        by_key = defaultdict(dict)
        for run in runs:
            if run.paper == slug:
                by_key[group_key(run)].setdefault((run.seed, run.diverged), run)
        groups = [Group(list(by_seed.values())) for by_seed in by_key.values()]
        get = samples_of(list(groups))
        folder = Path(experiments) / slug
        published = tomllib.loads((folder / "published.toml").read_text())
        experiment = tomllib.loads((folder / "experiment.toml").read_text())
        numbers = {number["id"]: number for number in published.get("result", [])}
        stand_ins = {name for name, trial in experiment.get("trial", {}).items() if trial.get("stand_in")}
        claims = [one for table in experiment.get("claim", []) for one in expanded(table)]
        groups += derived(list(groups), [one for table in experiment.get("ensemble", []) for one in expanded(table)])
        check_rows(paper, groups, get, numbers, stand_ins, checker, families)
        check_claims(paper, [group for group in groups if group.runs], get, claims, checker, families)
        checker.same(slug, "claims", {claim["id"] for claim in claims}, {claim["id"] for claim in paper["claims"]})
    for family in families.values():
        for (where, _, shown), q in zip(family, false_discovery([p for _, p, _ in family])):
            checker.same(where, "q", float(q), as_float(shown))
    for fault in checker.faults:
        print(fault)
    print(f"{len(families['rows'])} rows compared, {len(families['claims'])} claims tested, {checker.checked} numbers, {len(checker.faults)} differ")
    return 1 if checker.faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
