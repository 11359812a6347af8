"""Result files, the samples of a trial, and the catalog's TOML."""

import copy
import itertools

import h5py
import numpy as np

try:
    import tomllib
except ImportError:
    import tomli as tomllib

HIGHER = {"test_accuracy", "top1_accuracy", "images_per_second", "sparsity", "best_quarter", "share_at_norm_1", "temperature_change",
          "residual_slope_ratio", "sparsity_gain_guided_over_gradient", "sparsity_gain_guided_over_deconvnet"}
ERRORS, ACCURACIES = {"test_error", "top1_error"}, {"test_accuracy", "top1_accuracy"}


class Run:
    def __init__(self, path):
        with h5py.File(path) as file:
            root = file.attrs
            self.paper, self.trial, self.scale = root["paper"], root["trial"], root["scale"]
            self.seed, self.run_id, self.diverged = int(root["seed"]), root["run_id"], root["status"] == "diverged"
            toml = file["recipe/toml"][()]
            self.recipe = tomllib.loads(toml.decode() if isinstance(toml, bytes) else str(toml))
            facts = file["provenance"].attrs
            self.answer = int(facts.get("answer_version", "1"))
            self.arithmetic = facts.get("isa_vector_kernels", ""), facts.get("onednn", "")
            self.data, self.test_data = facts.get("data_digest", ""), facts.get("data_test_digest", "")
            predictions = file.get("predictions")
            self.labels = predictions["labels"][()] if predictions is not None and "labels" in predictions else np.array([])
            self.answers = predictions["predictions"][()] if self.labels.size else np.array([])
            self.numbers = {}
            for folder in ("timing", "metrics"):
                for name, series in file.get(folder, {}).items():
                    if series.size:
                        self.numbers[name] = float(series[-1])
            results = file.get("results")
            if results is not None:
                for name, value in list(results.attrs.items()) + [(k, v[()]) for k, v in results.items() if isinstance(v, h5py.Dataset)]:
                    self.numbers[name] = float(np.asarray(value).reshape(-1)[0])

            self.evaluations = {}
            for name, found in file.get("evaluations", {}).items():
                scores = np.asarray(found["scores"], dtype=np.float64) if "scores" in found else None
                if scores is not None and found["scores"].attrs["long_name"] == "logits":
                    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
                    scores /= scores.sum(axis=1, keepdims=True)
                numbers = {key: float(value[()]) for key, value in found["results"].items()}
                self.evaluations[name] = found["predictions"][()], numbers, scores

    def seen_as(self, trial, answers, numbers, seed):
        other = copy.copy(self)
        other.trial, other.answers, other.numbers, other.seed = trial, answers, numbers, seed
        return other

    def value(self, metric):
        if metric in ERRORS | ACCURACIES:
            error = 100.0 * float((self.labels != self.answers).mean()) if self.labels.size else self.numbers.get("test_error")
            return None if error is None else 100 - error if metric in ACCURACIES else error
        return self.numbers.get(metric)

    def dataset(self):
        settings = self.recipe
        surrogate = "surrogate classes of " if settings.get("surrogate", {}).get("classes", 0) > 0 else ""
        return surrogate + settings["dataset"] + (", held-out training images" if settings.get("held_out_images", 0) else "")


def canonical(name):
    return "".join(c for c in name if c.isalnum()).lower()


class Group:
    """Runs of one recipe and data: those that trained, by seed, and how many seeds diverged and have no other run."""

    def __init__(self, runs):
        everything = sorted(runs, key=lambda run: run.seed)
        self.runs = [run for run in everything if not run.diverged]
        self.diverged = len({run.seed for run in everything} - {run.seed for run in self.runs})
        first = everything[0]
        self.trial, self.scale, self.dataset = first.trial, first.scale, first.dataset()
        self.of_runs = [first.trial]

    def failed(self):
        runs = [run for run in self.runs if run.labels.size]
        if not runs:
            return set(), False
        errors = {run.seed: run.value("test_error") for run in runs}
        one = {run.seed for run in runs if len(np.unique(run.answers)) == 1}
        guessing = 100 * (1 - 1 / len(np.unique(runs[0].labels)))
        apart, e = float("inf"), sorted(errors.values())
        for i in range(2, len(e)):
            gap = e[i] - e[i - 1]
            if gap > 0.25 * (guessing - e[i - 1]) and gap > 3 * (e[i - 1] - e[0]):
                apart = e[i]
                break
        bad = {seed for seed, error in errors.items() if seed in one or error >= 0.9 * guessing or error >= apart}
        return bad, bool(bad) and bad <= one


def derived(groups, ensembles):
    """What evaluations at the end of runs and means of kept probabilities make of groups; see runs/derived_groups.hpp."""
    out = []
    for group in groups:
        recipe = group.runs[0].recipe if group.runs else {}
        for one in recipe.get("evaluation", []) + recipe.get("probe", []):
            name = one["name"]
            runs = [run for run in group.runs if name in run.evaluations]
            if not runs:
                continue
            seen = Group([run.seen_as(f"{run.trial}@{name}", *run.evaluations[name][:2], run.seed) for run in runs])
            seen.diverged, seen.of_runs = group.diverged, [group.trial]
            if one in recipe.get("probe", []):  # it has images and labels of its own, which are not kept
                seen.dataset = one.get("dataset") or recipe["dataset"]
                for run in seen.runs:
                    run.labels = np.array([])
            out.append(seen)
    for ensemble in ensembles:
        members, seeds_each = [member.split("@") for member in ensemble["members"]], ensemble.get("seeds", 1)
        for first in [group for group in groups if group.trial == members[0][0] and group.runs]:
            beside = [next((g for g in groups if g.trial == trial and g.runs and alike(g, first)), None) for trial, _ in members]
            if None in beside:
                continue
            seeds = [run.seed for run in first.runs if all(run.seed in {r.seed for r in group.runs} for group in beside)]
            runs = []
            for begin in range(0, len(seeds) - seeds_each + 1, seeds_each):
                parts = [next(r for r in group.runs if r.seed == seed).evaluations.get(name, (None,) * 3)[2]
                         for seed in seeds[begin:begin + seeds_each] for group, (_, name) in zip(beside, members)]
                if any(part is None for part in parts):
                    continue
                mean, run = sum(parts), next(r for r in first.runs if r.seed == seeds[begin])
                order = np.argsort(-mean, axis=1, kind="stable")[:, :5]
                top5 = 100.0 * float((order != run.labels[:, None]).all(axis=1).mean())
                runs.append(run.seen_as(ensemble["id"], order[:, 0], {"top5_error": top5}, begin // seeds_each + 1 if seeds_each > 1 else run.seed))
            if runs:
                out.append(Group(runs))
                out[-1].of_runs = [trial for trial, _ in members] if seeds_each == 1 else []
    return out


def alike(a, b):
    """Of one setting, on the same test images."""
    first, second = a.runs[0], b.runs[0]
    return ((a.scale, a.dataset, first.answer, first.arithmetic, first.recipe.get("precision")) ==
            (b.scale, b.dataset, second.answer, second.arithmetic, second.recipe.get("precision")) and np.array_equal(first.labels, second.labels))


def substituted(node, words):
    if isinstance(node, str):
        for name, value in words.items():
            if node == "{%s}" % name:
                return value
            node = node.replace("{%s}" % name, str(value))
        return node
    if isinstance(node, list):
        return [substituted(item, words) for item in node]
    if isinstance(node, dict):
        return {key: substituted(value, words) for key, value in node.items()}
    return node


def expanded(table):
    axes = table.get("axes")
    if not axes:
        return [table]
    body = {key: value for key, value in table.items() if key != "axes"}
    out = []
    for choice in itertools.product(*axes.values()):
        words = {}
        for name, value in zip(axes, choice):
            if isinstance(value, dict):
                words.update({f"{name}.{key}": inner for key, inner in value.items()})
                words[name] = value.get("id", "")
            else:
                words[name] = value
        out.append(substituted(body, words))
    return out
