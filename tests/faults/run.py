#!/usr/bin/env python3
"""Plants the faults of tests/faults/*.toml, one at a time, in a copy of the tree: the test that a fault names must fail.

  run.py                      builds the tests, then plants, builds and runs each fault; about a quarter of a minute per fault
  run.py --only wrn           faults whose name, file or test matches a regular expression
  run.py --list               names only
  run.py --check              builds nothing: every text to replace stands once in its file, every named test exists (a fast test)

A fault:

  [[fault]]
  name = "weights decay with the wrong sign"
  file = "suite/kernels/vector/updates.cpp"
  find = 'fma(decay.l2, w, gradient)'         # stands once in the file; white space may be any
  replace = 'fnma(decay.l2, w, gradient)'
  test = "optimizers_test"                    # the ctest entry that must fail; its target has the same name
  case = "Sgd.decay_and_l1_reach_weights"     # optional: this case of the program alone ("Suite.name", or a list)
  build = ["reprise"]                         # optional: targets that the test needs besides its own
  survives = "reason"                         # only where no test can tell: counted, and at most one in twenty

A fault is killed if its test fails, crashes or takes over ten times as long as without it. A fault that does not compile is an error of
this list.
"""

import argparse
import dataclasses
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(__file__).resolve().parent
MIN_FAULTS = 60
MAX_SURVIVING_SHARE = 0.05


class CatalogueError(Exception):
    pass


def text_of(path):
    return path.read_text(encoding="utf-8")


@dataclasses.dataclass
class Fault:
    name: str
    file: str
    find: str
    replace: str
    test: str
    case: list[str] = dataclasses.field(default_factory=list)
    build: list[str] = dataclasses.field(default_factory=list)
    survives: str = ""

    def targets(self):
        return [self.test, *self.build]

    def key(self):
        return self.test, *self.case

    def pattern(self):
        words = self.find.split()
        return re.compile(r"\s+".join(re.escape(word) for word in words))

    def planted_in(self, text):
        spans = [match.span() for match in self.pattern().finditer(text)]
        if len(spans) != 1:
            raise CatalogueError(f"{self.file}: expected once, found {len(spans)} times: {self.find.strip()}")
        begin, end = spans[0]
        return text[:begin] + self.replace + text[end:]


def read_faults():
    faults = []
    for path in sorted(FOLDER.glob("*.toml")):
        for row in tomllib.loads(text_of(path))["fault"]:
            if isinstance(row.get("case"), str):
                row["case"] = [row["case"]]
            try:
                faults.append(Fault(**row))
            except TypeError as error:
                raise CatalogueError(f"{path.name}, fault '{row.get('name')}': {error}") from error
    return faults


# ------------------------------------------------------------------------------------------------------------------------- check


def sources(*suffixes):
    for folder in ("suite", "datasets", "reports", "experiments"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes:
                yield path


def elsewhere(fault):
    """Where the text stands now, if it moved."""
    for path in sources(".cpp", ".hpp", ".toml"):
        if len(fault.pattern().findall(text_of(path))) == 1:
            return f"; it stands once in {path.relative_to(ROOT)}"
    return ""


def known_tests():
    tests = set()
    for path in (ROOT / "tests").rglob("CMakeLists.txt"):
        for declared, added in re.findall(r"(?:reprise_test|mpi_test|job_test)\((\w+)|add_test\(NAME (\w+)", text_of(path)):
            tests.add(declared or added)
    return tests


def known_cases():
    cases = set()
    for path in (ROOT / "tests").rglob("*.cpp"):
        cases.update(".".join(found) for found in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", text_of(path)))
    return cases


def problems(faults):
    tests, cases, names = known_tests(), known_cases(), set()
    for fault in faults:
        where = f"fault '{fault.name}'"
        if fault.name in names:
            yield f"{where}: the name is used twice"
        names.add(fault.name)
        path = ROOT / fault.file
        if not path.is_file():
            yield f"{where}: no file {fault.file}{elsewhere(fault)}"
        else:
            text = text_of(path)
            try:
                if fault.planted_in(text) == text:
                    yield f"{where}: it changes nothing"
            except CatalogueError as error:
                yield f"{where}: {error}{elsewhere(fault)}"
        if fault.test not in tests:
            yield f"{where}: no test {fault.test}"
        for case in fault.case:
            if case not in cases:
                yield f"{where}: no case {case}"
    surviving = sum(1 for fault in faults if fault.survives)
    if len(faults) < MIN_FAULTS:
        yield f"at least {MIN_FAULTS} faults, found {len(faults)}"
    if surviving > MAX_SURVIVING_SHARE * len(faults):
        yield f"at most one fault in twenty may survive, found {surviving} of {len(faults)}"


def check(faults):
    found = list(problems(faults))
    for problem in found:
        print(problem)
    print(f"{len(faults)} faults, {len(found)} problems")
    return 1 if found else 0


# --------------------------------------------------------------------------------------------------------------------------- run


@dataclasses.dataclass
class Outcome:
    word: str  # killed, survived, error
    seconds: float
    note: str = ""


def run_command(command, timeout=None, environment=None):
    """Exit code and output; the whole process group goes when the time is up."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                               start_new_session=True, env={**os.environ, **(environment or {})})
    try:
        output, _ = process.communicate(timeout=timeout)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output


class Copy:
    """A copy of the tree with a build of its own."""

    def __init__(self, folder):
        self.source, self.build_folder = folder, folder / "build" / "release"  # as usual: a compiler cache goes by relative paths

    def synchronise(self):
        """Copies what differs, so that an earlier copy is built on; what it does not have any more goes."""
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True,
                                capture_output=True).stdout.decode().split("\0")
        wanted = {name for name in listed if name and (ROOT / name).is_file() and not name.startswith("reports/evidence/")}
        for path in list(self.source.rglob("*")):
            name = str(path.relative_to(self.source))
            if path.is_file() and name not in wanted and not name.startswith("build/"):
                path.unlink()
        for name in wanted:
            here, there = ROOT / name, self.source / name
            if not there.is_file() or here.read_bytes() != there.read_bytes():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here, there)
                os.utime(there)

    def configure(self):
        command = ["cmake", "-S", str(self.source), "-B", str(self.build_folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                   "-DREPRISE_BENCH=OFF"]
        if shutil.which("ccache") and "CMAKE_CXX_COMPILER_LAUNCHER" not in os.environ:
            command.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        self.require(command)

    @staticmethod
    def require(command):
        code, output = run_command(command)
        if code != 0:
            raise CatalogueError(f"{' '.join(command)}\n{output[-4000:]}")

    def build_command(self, targets):
        return ["cmake", "--build", str(self.build_folder), "--target", *targets]

    def run_test(self, fault, timeout=None):
        command = ["ctest", "--test-dir", str(self.build_folder), "-R", f"^{fault.test}$", "-V"]
        environment = {}
        if fault.case:
            environment["GTEST_FILTER"] = ":".join(f"{case}:*/{case}/*" for case in fault.case)
        return run_command(command, timeout, environment)

    def build(self, faults):
        self.require(self.build_command(sorted({target for fault in faults for target in fault.targets()})))

    def measure(self, faults):
        """The seconds that each test may take. Without a fault it must pass, and run something."""
        limits = {}
        for fault in faults:
            if fault.key() in limits:
                continue
            begun = time.monotonic()
            code, output = self.run_test(fault)
            if code != 0 or "No tests were found" in output or "Running 0 tests" in output or "***Skipped" in output:
                raise CatalogueError(f"{fault.test} {' '.join(fault.case)} does not pass without a fault:\n{output[-4000:]}")
            limits[fault.key()] = 30 + 10 * (time.monotonic() - begun)
        return limits

    def try_fault(self, fault, limit):
        path, begun = self.source / fault.file, time.monotonic()
        text = text_of(path)
        try:
            path.write_text(fault.planted_in(text), encoding="utf-8")
            code, output = run_command(self.build_command(fault.targets()))
            if code != 0:
                errors = [line for line in output.splitlines() if "error" in line]
                return Outcome("error", time.monotonic() - begun, "does not build: " + (errors or [output[-300:]])[0])
            code, output = self.run_test(fault, limit)
        finally:
            path.write_text(text, encoding="utf-8")
        if code == 0:
            return Outcome("survived", time.monotonic() - begun)
        cases = sorted(set(re.findall(r"\[  FAILED  \] ([\w/]+\.[\w/]+)", output)))
        note = "time limit" if code is None else ", ".join(cases[:4]) + (", ..." if len(cases) > 4 else "") if cases else "ended early"
        return Outcome("killed", time.monotonic() - begun, note)


def run(faults, work, jobs):
    begun = time.monotonic()
    waiting, outcomes, lock, failures = queue.SimpleQueue(), {}, threading.Lock(), []
    copies = [Copy(work / str(i + 1)) for i in range(max(1, min(jobs, len(faults))))]
    for copy in copies:
        copy.synchronise()
        copy.configure()
        copy.build(faults)
    limits = copies[0].measure(faults)
    print(f"all tests pass without a fault ({time.monotonic() - begun:.0f} s)", flush=True)
    for fault in sorted(faults, key=lambda f: (f.test, f.file)):  # what one fault built serves the next
        waiting.put(fault)

    def worker(copy):
        try:
            while True:
                fault = waiting.get_nowait()
                outcome = copy.try_fault(fault, limits[fault.key()])
                with lock:
                    outcomes[fault.name] = outcome
                    print(f"{outcome.word:<8} {outcome.seconds:6.1f} s  {fault.name} | {fault.test} | {outcome.note}", flush=True)
        except queue.Empty:
            pass
        except Exception as error:  # of one worker: the others end, too
            failures.append(error)
            while not waiting.empty():
                waiting.get_nowait()

    threads = [threading.Thread(target=worker, args=(copy,)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return summarise(faults, outcomes, time.monotonic() - begun)


def summarise(faults, outcomes, seconds):
    bad = 0
    count = {"killed": 0, "survived": 0, "error": 0}
    for fault in faults:
        outcome = outcomes[fault.name]
        count[outcome.word] += 1
        if outcome.word == "survived" and fault.survives:
            print(f"survived as expected: {fault.name}: {fault.survives}")
        elif outcome.word == "killed" and not fault.survives:
            continue
        else:
            bad += 1
            reason = "its 'survives' is out of date" if outcome.word == "killed" else outcome.note or "no test noticed it"
            print(f"{outcome.word}: {fault.name} ({fault.file}): {reason}")
    print(f"{len(faults)} faults: {count['killed']} killed, {count['survived']} survived, {count['error']} errors; {seconds:.0f} s")
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", default="", help="faults whose name, file or test matches")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--check", action="store_true", help="is the list current? builds nothing")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "faults", metavar="DIR", help="of the copies (build/faults)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="copies that work side by side (1)")
    arguments = parser.parse_args()
    faults = read_faults()
    if arguments.check:
        return check(faults)
    wanted = re.compile(arguments.only)
    faults = [fault for fault in faults if any(wanted.search(text) for text in (fault.name, fault.file, fault.test))]
    if arguments.list:
        for fault in faults:
            print(f"{fault.name} | {fault.file} | {fault.test} {' '.join(fault.case)}".rstrip())
        return 0
    if not faults:
        raise CatalogueError(f"no fault matches '{arguments.only}'")
    return run(faults, arguments.work.resolve(), arguments.jobs)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CatalogueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
