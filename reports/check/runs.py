"""Result files, the samples of a trial, and the catalog's TOML."""

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

    def value(self, metric):
        if metric in ERRORS | ACCURACIES:
            error = 100.0 * float((self.labels != self.answers).mean()) if self.labels.size else self.numbers.get("test_error")
            return None if error is None else 100 - error if metric in ACCURACIES else error
        return self.numbers.get(metric)

    def dataset(self):
        settings = self.recipe
        return settings["dataset"] + (", held-out training images" if settings.get("held_out_images", 0) else "")


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
