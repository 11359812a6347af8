"""Looks, spreads, estimates and verdicts, written down once more from README.md of the reports."""

import math

import numpy as np
from scipy import optimize, special, stats

from runs import ACCURACIES, ERRORS, HIGHER

LOOKS = (3, 5, 8, 12, 20)
SPENT, GAMMA = 0.04, -4.0


def levels_of_looks():
    """Two-sided levels: Hwang, Shih and DeCani's spending, boundaries of a Brownian path found by integrating on a grid."""
    levels, spent, grid, density = {}, 0.0, None, None
    previous = 0
    for n in LOOKS:
        spend = SPENT * (1 - math.exp(-GAMMA * n / LOOKS[-1])) / (1 - math.exp(-GAMMA)) - spent
        spent += spend

        def beyond(z):
            edge = z * math.sqrt(n)
            if grid is None:
                return 2 * stats.norm.sf(z)
            step = math.sqrt(n - previous)
            tail = stats.norm.sf((edge - grid) / step) + stats.norm.sf((edge + grid) / step)
            return np.trapezoid(density * tail, grid) if hasattr(np, "trapezoid") else np.trapz(density * tail, grid)

        z = optimize.brentq(lambda z: beyond(z) - spend, 0.1, 12, xtol=1e-12)
        edge = z * math.sqrt(n)
        points = np.linspace(-edge, edge, 4001)
        if grid is None:
            density_now = stats.norm.pdf(points, scale=math.sqrt(n))
        else:
            step, weight = math.sqrt(n - previous), grid[1] - grid[0]
            trapezoid = np.full(grid.size, weight)
            trapezoid[[0, -1]] /= 2
            density_now = np.array([(density * trapezoid * stats.norm.pdf(x - grid, scale=step)).sum() for x in points])
        grid, density, previous = points, density_now, n
        levels[n] = 2 * stats.norm.sf(z)
    return levels


LEVELS = levels_of_looks()


def level_at(seeds):
    looks = [n for n in LOOKS if n <= seeds]
    return LEVELS[looks[-1]] if looks else 0.0


class Spread:
    def __init__(self, variance=0.0, df=0.0, borrowed=False):
        self.variance, self.df, self.borrowed = variance, df, borrowed


def prior_of(spreads):
    """Smyth 2004; upper quartile and at most four degrees of freedom."""
    spreads = [s for s in spreads if s.variance > 0 and s.df > 0]
    if len(spreads) < 8:
        return None
    v, d = np.array([s.variance for s in spreads]), np.array([s.df for s in spreads])
    e = np.log(v) - special.digamma(d / 2) + np.log(d / 2)
    between = e.var(ddof=1) - special.polygamma(1, d / 2).mean()
    variance, df = math.exp(e.mean()), 4.0
    if between > 0:
        half = optimize.brentq(lambda y: special.polygamma(1, y) - between, 1e-6, 1e9, xtol=1e-13, rtol=1e-13)
        variance = math.exp(e.mean() + special.digamma(half) - math.log(half))
        df = min(4.0, 2 * half)
    return max(variance, float(np.quantile(v, 0.75))), df, float(d.sum())


def moderated(spread, prior):
    if prior is None or spread.df <= 0 or spread.df + 1 > 3:
        return spread
    variance, df, total = prior
    return Spread((df * variance + spread.df * spread.variance) / (df + spread.df), min(df + spread.df, total), True)


class Sample:
    def __init__(self, group, metric):
        self.group, self.metric = group, metric
        counts = metric in ERRORS | ACCURACIES and bool(group.runs) and group.runs[0].labels.size > 0
        self.counts = counts
        self.failed, self.one_class = group.failed() if counts else (set(), False)
        self.diverged = group.diverged if counts else 0
        have = [run for run in group.runs if run.value(metric) is not None]
        self.all_seeds = [run.seed for run in have]
        self.censored = any(run.value(metric + "_suffice") == 0 for run in have)
        good = [run for run in have if run.seed not in self.failed]
        self.seeds, self.values = [run.seed for run in good], [run.value(metric) for run in good]
        self.equal = counts and len(group.runs) > 1 and all(np.array_equal(r.answers, group.runs[0].answers) for r in group.runs)
        n = len(good)
        self.spread = Spread(float(np.var(self.values, ddof=1)), n - 1) if n > 1 else Spread()
        if counts and n > 1:
            step = 100 / group.runs[0].labels.size
            self.spread.variance = max(self.spread.variance, step * step / 12)
        self.images = None
        if counts and good and all(np.array_equal(r.labels, group.runs[0].labels) for r in good):
            self.images = 100.0 * np.mean([r.answers != r.labels for r in good], axis=0)

    def mean(self):
        return (float(np.mean(self.values)) if self.values else math.nan, self.spread, len(self.values))


def samples_of(groups):
    own = Sample
    priors = {}

    def get(group, metric):
        key = (group.scale, group.dataset, metric)
        if key not in priors:
            spreads, seen = [], set()
            for other in groups:
                if (other.scale, other.dataset) != key[:2]:
                    continue
                sample = own(other, metric)
                if sample.all_seeds and not sample.failed and not sample.diverged and tuple(sample.values) not in seen:
                    seen.add(tuple(sample.values))
                    spreads.append(sample.spread)
            priors[key] = prior_of(spreads)
        sample = own(group, metric)
        sample.spread = moderated(sample.spread, priors[key])
        return sample

    return get


def difference(a, b):
    """(mean, spread, n) twice -> value, standard error, degrees of freedom."""
    (ma, sa, na), (mb, sb, nb) = a, b
    if sa.df <= 0 or sb.df <= 0:
        return ma - mb, math.inf, 0
    va, vb, fewer = sa.variance / na, sb.variance / nb, min(sa.df, sb.df)
    df = (va + vb) ** 2 / (va * va / sa.df + vb * vb / sb.df) if va + vb > 0 else fewer
    small, spread = (na, sa) if na < nb else (nb, sb)
    if na != nb and small <= 3 and not spread.borrowed:
        df = fewer
    return ma - mb, math.sqrt(va + vb), df


def paired(left, right):
    """The same runs on both sides: the mean of differences by seed; see README.md."""
    gaps = np.array(left.values) - np.array(right.values)
    if len(gaps) < 2:
        return float(gaps.mean()), math.inf, 0
    step = 100 / left.group.runs[0].labels.size if left.counts else 0
    return float(gaps.mean()), math.sqrt(max(float(gaps.var(ddof=1)), step * step / 6) / len(gaps)), len(gaps) - 1


def half_width(error, df, level=0.05):
    if level <= 0 or not math.isfinite(error):
        return math.inf
    if error == 0:
        return 0.0
    return stats.t.ppf(1 - level / 2, df) * error if df > 0 else math.inf


def p_of(distance, error, df):
    if not math.isfinite(error) or df <= 0:
        return 1.0
    return 0.0 if error == 0 else float(2 * stats.t.sf(distance / error, df))


def parts_of(claim):
    margin, kind = float(claim.get("margin", 0)), claim["kind"]
    gain = (margin, math.inf, margin > 0)
    if kind == "better":
        return [(claim["left"], claim["right"], gain)]
    if kind == "within":
        return [(claim["left"], claim["right"], (-margin, margin, True))]
    if kind == "at_least":
        return [(claim["left"], None, (margin, math.inf, True))]
    if kind == "at_most":
        return [(claim["left"], None, (-math.inf, margin, True))]
    return [(a, b, gain) for a, b in zip(claim["sequence"], claim["sequence"][1:])]


def holds(region, value):
    low, high, closed = region
    return low <= value <= high if closed else low < value < high


def decide(value, error, df, region, level):
    width = half_width(error, df, level)
    if not math.isfinite(width):
        return "undecided"
    if holds(region, value - width) and holds(region, value + width):
        return "inside"
    return "outside" if value + width < region[0] or value - width > region[1] else "undecided"


def hindrance(sample, baseline, below):
    if sample.censored:
        return "censored"
    if not sample.counts:
        return ""
    if (not sample.seeds and sample.failed) or sample.equal:
        return "did_not_train"
    if sample.failed or sample.diverged:
        return "some_failed"
    errors = [100 - v if sample.metric in ACCURACIES else v for v in sample.values]
    return "did_not_train" if below is not None and any(e >= below for e in errors) else ""


def compare(left, right, kind, region, metric, below):
    out = {"left_seeds": left.seeds, "right_seeds": right.seeds if right else None}
    images = left.images
    if right:
        if left.seeds == right.seeds and set(left.group.of_runs) & set(right.group.of_runs):
            value, error, df = paired(left, right)
        else:
            value, error, df = difference(left.mean(), right.mean())
        if kind != "within" and metric not in HIGHER:
            value = -value
        same = images is not None and right.images is not None and np.array_equal(left.group.runs[0].labels, right.group.runs[0].labels)
        images = images - right.images if same else None
        seeds = min(len(left.seeds), len(right.seeds))
    else:
        mean, spread, seeds = left.mean()
        value, error, df = mean, math.sqrt(spread.variance / seeds) if spread.df > 0 else math.inf, spread.df
    out.update(effect=value, standard_error=error, degrees_of_freedom=df, seeds=seeds, level=level_at(seeds), region=region)
    out["p"] = p_of(min(abs(value - region[0]), abs(value - region[1])), error, df)
    out["wide"] = None if images is None else math.hypot(half_width(error, df), half_width(math.sqrt(images.var(ddof=1) / images.size), images.size - 1))
    first, second = hindrance(left, False, below), hindrance(right, True, below) if right else ""
    out["obstacle"] = second if second and first in ("", "some_failed") else first
    out["decision"] = "undecided" if out["obstacle"] else decide(value, error, df, region, out["level"])
    return out


def whole_of(parts):
    k = len(parts)
    for part in parts:
        if part["decision"] == "outside" and decide(part["effect"], part["standard_error"], part["degrees_of_freedom"], part["region"],
                                                    part["level"] / k) != "outside":
            part["decision"] = "undecided"
    of_all = max(part["p"] if holds(part["region"], part["effect"]) else 1.0 for part in parts)
    of_one = min([1.0] + [min(1.0, k * part["p"]) for part in parts if not holds(part["region"], part["effect"])])
    decisions = [part["decision"] for part in parts]
    decision = "undecided"
    if not any(part["obstacle"] for part in parts):
        decision = "outside" if "outside" in decisions else "inside" if all(d == "inside" for d in decisions) else "undecided"
    return decision, min(of_all, of_one)


def status_of(parts, decision, kind, own_scale):
    for part in parts:
        if part["obstacle"] in ("censored", "did_not_train"):
            return part["obstacle"]
    if decision == "undecided":
        return "undecided"
    if decision == "inside":
        return "reproduced" if own_scale else "same_direction"
    if own_scale:
        return "not_reproduced"
    claimed = kind in ("better", "order") and all(p["effect"] > half_width(p["standard_error"], p["degrees_of_freedom"], p["level"]) for p in parts)
    return "less_than_claimed" if claimed else "opposite_direction"


def margin_of(number):
    if "margin" in number:
        return number["margin"]
    share = number["unit"] == "percent" and number["metric"] in HIGHER
    return max(2 * number.get("spread", 0), abs(100 - number["value"] if share else number["value"]) / 10)


def beside_published(sample, number):
    runs, spread = max(1, number.get("runs", 1)), sample.spread
    theirs = Spread(spread.variance, spread.df, spread.borrowed)
    if "spread" in number:
        theirs.variance = number["spread"] ** 2
        if runs > 1:
            theirs.df = runs - 1
    value, error, df = difference(sample.mean(), (number["value"], theirs, runs))
    if "spread" not in number or runs < 2:
        df = spread.df
    value *= 1 if number["metric"] in HIGHER else -1
    margin, seeds = margin_of(number), len(sample.seeds)
    level = level_at(seeds)
    equal, differ = p_of(min(abs(value + margin), abs(value - margin)), error, df), p_of(abs(value), error, df)
    region = (-margin, margin, True)
    status, p = "inconclusive", min(equal, differ) if holds(region, value) else differ
    if not sample.failed and not sample.diverged:
        if decide(value, error, df, region, level) == "inside":
            status, p = "equivalent", equal
        elif abs(value) > half_width(error, df, level):
            status, p = ("better" if value > 0 else "worse"), differ
    wide = None
    if sample.images is not None:
        variance = sample.images.var(ddof=1) + number["value"] * (100 - number["value"])
        wide = math.hypot(half_width(error, df), half_width(math.sqrt(variance / sample.images.size), sample.images.size - 1))
    return dict(effect=value, standard_error=error, degrees_of_freedom=df, level=level, margin=margin, status=status, p=p, wide=wide)


