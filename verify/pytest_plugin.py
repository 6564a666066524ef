"""The pytest plugin: a fixture with the assertions, a marker for devices and dtypes, and a table of what was asserted.

    @pytest.mark.normproof(like="layernorm", dtypes=["float32", "bfloat16"])
    def test_my_layer_norm(normproof):
        normproof.assert_layer(MyLayerNorm(64))

pytest imports this module in every run, so torch and the rest of verify wait until a test takes one of the fixtures.
There are no assert statements for pytest to rewrite: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

DTYPES = ("float64", "float32", "bfloat16", "float16")
DEVICES = ("cpu", "cuda")
DEVICE = re.compile(r"(cpu|(cuda|mps|xpu)(:\d+)?)")
FIXTURES = ("normproof", "normproof_device", "normproof_dtype")
OPTIONS = (
    *("x", "grad_output", "weight", "bias", "eps", "num_groups", "normalized_shape", "shapes", "seed"),
    *("order", "of", "parameter_dtype", "accumulate", "stress", "worst_case"),
)
"""What verify.check_layer or verify.check_gradient takes beside the layer, `like`, the dtype and the device."""
MARKER = """\
normproof(like=LAYER, dtypes=[...], devices=[...], **options): run the test once for each device and dtype; like and \
the options are handed to the assertions of the fixture normproof"""

Options = Mapping[str, Any]
"""Arguments of the marker or of an assertion, by name."""

Row = dict[str, Any]
"""One assertion, in values that JSON has: see COLUMNS."""

ROWS = pytest.StashKey[list[Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("normproof", "normalization layers against proved formulas")
    about = "write a table of every assertion made: Markdown, JSON if PATH ends in .json, in the terminal if it is -"
    group.addoption("--normproof-report", metavar="PATH", help=about)
    parser.addini("normproof_dtypes", "dtypes of tests marked normproof without dtypes=", "args", list(DTYPES))
    parser.addini("normproof_devices", "devices of tests marked normproof without devices=", "args", list(DEVICES))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    path = config.getoption("--normproof-report")
    if path is None or config.option.collectonly or hasattr(config, "workerinput"):
        return
    if path != "-" and not Path(path).absolute().parent.is_dir():
        raise pytest.UsageError(f"--normproof-report {path}: there is no folder {Path(path).absolute().parent}")
    if Path(path).is_dir():
        raise pytest.UsageError(f"--normproof-report {path} is a folder; give a file, such as {Path(path, 'norms.md')}")
    config.pluginmanager.register(Reporter(path), "normproof-report")


# ---- the marker


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked normproof is run once for each device and dtype."""
    marks = list(metafunc.definition.iter_markers("normproof"))
    if not marks:
        return
    try:
        options = merged(marks)
        devices = _names(options, "devices", metafunc.config.getini("normproof_devices"), _device)
        dtypes = _names(options, "dtypes", metafunc.config.getini("normproof_dtypes"), _dtype)
        if "normproof_cell" not in metafunc.fixturenames:
            raise ValueError(f"the test takes none of the fixtures {', '.join(FIXTURES)}")
    except ValueError as complaint:
        pytest.fail(f"{metafunc.definition.nodeid}: @pytest.mark.normproof: {complaint}", pytrace=False)
    cells = [(device, dtype) for device in devices for dtype in dtypes]
    metafunc.parametrize("normproof_cell", cells, indirect=True, ids=["-".join(cell) for cell in cells])


def merged(marks: Iterable[pytest.Mark]) -> dict[str, Any]:
    """The arguments of the markers of a test, its class and its module; those nearest to the test win."""
    options: dict[str, Any] = {}
    for mark in marks:
        if mark.args:
            raise ValueError(f"takes named arguments only: write like={mark.args[0]!r}")
        for wrong, right in (("dtype", "dtypes"), ("device", "devices")):
            if wrong in mark.kwargs:
                raise ValueError(f"{wrong}= is not an argument; write {right}=[{mark.kwargs[wrong]!r}]")
        options = {**mark.kwargs, **options}
    known = ("like", "dtypes", "devices", *OPTIONS)
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ValueError(
                f"{name}= is not an argument{f'; did you mean {near[0]}=?' if near else ''} ({', '.join(known)})"
            )
    return options


def _names(options: Options, key: str, default: list[str], read: Callable[[Any], str]) -> list[str]:
    given = options.get(key, default)
    values = list(given) if isinstance(given, list | tuple | set | frozenset) else [given]
    if not values:
        raise ValueError(f"{key}=[] leaves nothing to run; leave {key} out to have {', '.join(default)}")
    return list(dict.fromkeys(read(value) for value in values))


def _dtype(value: Any) -> str:
    name = str(value).removeprefix("torch.")
    if name in DTYPES:
        return name
    near = difflib.get_close_matches(name, DTYPES, 1)
    raise ValueError(f"{value!r} is no dtype{f'; did you mean {near[0]!r}?' if near else ''} ({', '.join(DTYPES)})")


def _device(value: Any) -> str:
    if DEVICE.fullmatch(str(value)):
        return str(value)
    raise ValueError(f"{value!r} is no device; write 'cpu', 'cuda' or 'cuda:1'")


# ---- the fixtures


@pytest.fixture
def normproof_cell(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The device and the dtype of this run, by name; skipped where there is no such device."""
    device, dtype = getattr(request, "param", ("cpu", "float32"))
    reason = missing(device)
    if reason:
        pytest.skip(reason)
    return device, dtype


def missing(device: str) -> str:
    """Why there is no such device here, or nothing."""
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return ""
    import torch

    module = torch.get_device_module(kind)
    if not module.is_available():
        return f"torch finds no {kind.upper()} device here"
    count = module.device_count()
    return f"there is no {device} here, only {count}" if index and int(index) >= count else ""


@pytest.fixture
def normproof_device(normproof_cell: tuple[str, str]) -> torch.device:
    """The device of this run; the CPU without a marker."""
    import torch

    return torch.device(normproof_cell[0])


@pytest.fixture
def normproof_dtype(normproof_cell: tuple[str, str]) -> torch.dtype:
    """The dtype of this run; float32 without a marker."""
    import torch

    return getattr(torch, normproof_cell[1])


@pytest.fixture
def normproof(
    request: pytest.FixtureRequest, normproof_device: torch.device, normproof_dtype: torch.dtype
) -> Normproof:
    """assert_layer, assert_gradient and assert_theorem on the device and in the dtype of this run."""
    options = merged(request.node.iter_markers("normproof"))
    options = {name: value for name, value in options.items() if name not in ("dtypes", "devices")}
    rows = request.node.stash[ROWS] = []
    return Normproof(normproof_device, normproof_dtype, options, rows, request.node.nodeid)


class Normproof:
    """The assertions of verify, on one device and in one dtype; each call becomes a row of the report."""

    def __init__(self, device: torch.device, dtype: torch.dtype, options: Options, rows: list[Row], test: str) -> None:
        self.device, self.dtype = device, dtype
        self._options, self._rows, self._test = options, rows, test

    def __repr__(self) -> str:
        return f"<normproof on {self.device} in {str(self.dtype).removeprefix('torch.')}>"

    def assert_layer(self, layer: Any, like: str | None = None, **options: Any) -> Any:
        """verify.assert_layer on this device and in this dtype; `like` and the options default to the marker's."""
        __tracebackhide__ = True
        return self._assert("layer", _name(layer), layer, **self._with(like, options))

    def assert_gradient(self, function: Any, like: str | None = None, **options: Any) -> Any:
        """verify.assert_gradient on this device and in this dtype; `like` and the options default to the marker's."""
        __tracebackhide__ = True
        return self._assert("gradient", _name(function), function, **self._with(like, options))

    def assert_theorem(self, name: str, tensors: Options, **options: Any) -> Any:
        """verify.assert_theorem on the tensors given, on this device and in this dtype."""
        __tracebackhide__ = True
        options = {"device": self.device, "dtype": self.dtype, **options}
        return self._assert("theorem", name, name, tensors, **options)

    def _with(self, like: str | None, options: Options) -> dict[str, Any]:
        wanted = {"device": self.device, "dtype": self.dtype, **self._options, **options}
        return wanted if like is None else {**wanted, "like": like}

    def _assert(self, kind: str, subject: str, *given: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        import verify

        try:
            report = getattr(verify, f"assert_{kind}")(*given, **options)
        except AssertionError as failure:
            self._note(kind, subject, options, getattr(failure, "report", None), failure)
            raise failure.with_traceback(None) from None  # the message says it all; the way to it is of no use
        except Exception as problem:
            self._note(kind, subject, options, None, problem)
            raise
        self._note(kind, subject, options, report, None)
        return report

    def _note(self, kind: str, subject: str, options: Options, report: Any, problem: Exception | None) -> None:
        layer, like = getattr(report, "layer", subject), getattr(report, "like", options.get("like"))
        said = getattr(report, "said", problem or "")
        default = "pass" if problem is None else "fail" if isinstance(problem, AssertionError) else "error"
        self._rows.append({
            "test": self._test,
            "assertion": kind,
            "layer": layer if like is None else f"{layer} like {like}",
            "dtype": str(self.dtype).removeprefix("torch."),
            "device": str(self.device),
            "verdict": str(getattr(report, "verdict", default)),
            "error": _number(getattr(report, "error", None)),
            "bound": _number(getattr(report, "bound", None)),
            "said": "\n".join(said) if isinstance(said, tuple) else str(said),
        })  # fmt: skip


def _name(subject: Any) -> str:
    return getattr(subject, "__name__", None) or type(subject).__name__


def _number(value: Any) -> float | str | None:
    """The number, or 'inf' or 'nan' in words, which JSON does not have."""
    if value is None:
        return None
    return float(value) if math.isfinite(value) else str(float(value))


# ---- the report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """The rows of a test travel with its report, which is how they reach the controller of pytest-xdist."""
    report = yield
    if call.when == "teardown" and item.stash.get(ROWS, None):
        report.normproof_rows = item.stash[ROWS]
    return report


class Reporter:
    """Collects the rows of every test, here or in the workers of pytest-xdist, and writes them at the end."""

    def __init__(self, path: str) -> None:
        self._path, self._rows = path, list[Row]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._rows += getattr(report, "normproof_rows", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("normproof")
        rows = sorted(self._rows, key=lambda row: row["test"])
        if self._path == "-":
            terminalreporter.write_line(markdown(rows))
            return
        text = as_json(rows) if self._path.endswith(".json") else markdown(rows)
        try:
            Path(self._path).write_text(text + "\n", encoding="utf-8")
        except OSError as problem:
            terminalreporter.write_line(f"--normproof-report {self._path}: not written: {problem.strerror}", red=True)
            return
        terminalreporter.write_line(f"{summary(rows)} Written to {self._path}")


COLUMNS = ("test", "assertion", "layer", "dtype", "device", "verdict", "error", "bound", "said")


def as_json(rows: list[Row]) -> str:
    """One JSON object with every assertion."""
    content = {"ok": all(row["verdict"] == "pass" for row in rows), "assertions": rows}
    return json.dumps(content, indent=2, allow_nan=False)


def markdown(rows: list[Row]) -> str:
    """A Markdown table whose columns are also aligned in a terminal."""
    if not rows:
        return summary(rows)
    cells = [COLUMNS, *(tuple(_cell(row[column]) for column in COLUMNS) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(COLUMNS) - 1)]
    rule = ["-" * width for width in widths] + ["---"]
    lines = [[cell.ljust(width) for cell, width in zip(line, widths, strict=False)] + [line[-1]] for line in cells]
    table = "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])
    return f"{table}\n\n{summary(rows)}"


def _cell(value: Any) -> str:
    text = "-" if value is None else f"{value:.1e}" if isinstance(value, float) else str(value)
    return (text.strip().splitlines() or [""])[0].replace("|", "\\|")


def summary(rows: list[Row]) -> str:
    """How many assertions there were, by verdict."""
    if not rows:
        return "No assertion of normproof was made in this run."
    verdicts = [row["verdict"] for row in rows]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts)))
    return f"{len(rows)} assertions: {counts}."
