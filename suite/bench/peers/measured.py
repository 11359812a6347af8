"""What the comparisons share: running reprise_bench, and putting figures together."""
import json
import math
import subprocess


def benchmarks(bench, pattern, seconds=None):
    """Rows of reprise_bench for the names that the regular expression selects, each measured for so many seconds."""
    command = [bench, f"--benchmark_filter={pattern}", "--benchmark_format=json"] + ([f"--benchmark_min_time={seconds}"] if seconds else [])
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["benchmarks"]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def spread(values):
    return [min(values), max(values)]
