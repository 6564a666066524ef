"""The pytest plugin, run inside pytest: cells, messages, the report, pytest-xdist, and what it costs others.

The assertions themselves are replaced by one that fails in bfloat16, so that these tests are about the plugin alone;
one test uses the real ones.
"""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from inspect import signature

import pytest

from verify.pytest_plugin import OPTIONS

pytest_plugins = ["pytester"]

INSTALLED = any(point.value == "verify.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "verify.pytest_plugin"]
ARGS = [*PLUGIN, "-p", "no:cacheprovider", "-W", "error"]

FAKE = """
import math
from types import SimpleNamespace

import verify


def fake(layer, *, like="unnamed", device, dtype, **options):
    if like == "nothing":
        raise ValueError("there is no layer called nothing")
    failed = str(dtype) == "torch.bfloat16"
    report = SimpleNamespace(
        verdict="wrong" if failed else "pass", error=math.inf if failed else 1e-7, bound=2e-7,
        said=("the gradient lacks the term | yhat <g, yhat>/m", "and more") if failed else (f"{device} {options}",),
    )
    if failed:
        problem = AssertionError(report.said[0])
        problem.report = report
        raise problem
    return report


vars(verify)["assert_layer"] = vars(verify)["assert_gradient"] = fake
vars(verify)["assert_theorem"] = lambda name, tensors, *, device, dtype: f"{name} {sorted(tensors)} {dtype}"
"""

# Each worker would wait for torch, of which these runs need the names only.
WITHOUT_TORCH = """
import sys
from types import SimpleNamespace

sys.modules["torch"] = SimpleNamespace(device=str, float32="torch.float32", bfloat16="torch.bfloat16")
"""

MARKED = """
import pytest


@pytest.mark.normproof(like="layernorm", dtypes=["float32", "bfloat16"], devices=["cpu"], stress=True)
def test_mine(normproof):
    normproof.assert_layer(abs)
"""


@pytest.fixture
def stand_in(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conftest of the run inside replaces the assertions; afterwards they are what they were."""
    import verify

    for name in ("assert_layer", "assert_gradient", "assert_theorem"):
        monkeypatch.setitem(vars(verify), name, None)
    pytester.makeconftest(FAKE)


def run(pytester: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile(source)
    return pytester.runpytest_inprocess(*ARGS, *args)


@pytest.mark.usefixtures("stand_in")
class TestCells:
    def test_one_run_for_each_device_and_dtype(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, MARKED, "-v")
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["*test_mine?cpu-float32? PASSED*", "*test_mine?cpu-bfloat16? FAILED*"])

    def test_every_dtype_unless_the_marker_or_the_ini_file_says_which(self, pytester: pytest.Pytester) -> None:
        source = "import pytest\n@pytest.mark.normproof(devices='cpu')\ndef test_it(normproof_dtype): pass"
        run(pytester, source).assert_outcomes(passed=4)
        pytester.makeini("[pytest]\nnormproof_dtypes = float64 float16")
        run(pytester, source).assert_outcomes(passed=2)

    def test_the_fixtures_are_the_device_and_the_dtype(self, pytester: pytest.Pytester) -> None:
        source = """
            import pytest, torch

            @pytest.mark.normproof(dtypes=[torch.float16], devices=["cpu"])
            def test_marked(normproof, normproof_device, normproof_dtype):
                assert (normproof_device, normproof_dtype) == (torch.device("cpu"), torch.float16)
                assert (normproof.device, normproof.dtype) == (normproof_device, normproof_dtype)
                assert repr(normproof) == "<normproof on cpu in float16>"

            def test_without_a_marker(normproof_device, normproof_dtype):
                assert (normproof_device, normproof_dtype) == (torch.device("cpu"), torch.float32)
        """
        run(pytester, source).assert_outcomes(passed=2)

    def test_a_device_that_is_not_there_is_skipped_with_the_reason(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        source = "import pytest\n@pytest.mark.normproof(dtypes=['float32'])\ndef test_it(normproof): pass"
        result = run(pytester, source, "-rs")
        result.assert_outcomes(passed=1, skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*torch finds no CUDA device here"])

    def test_a_gpu_beyond_those_that_are_there_is_skipped(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: True)
        monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
        source = "import pytest\n@pytest.mark.normproof(devices=['cuda:2'])\ndef test_it(normproof_dtype): pass"
        result = run(pytester, source, "-rs")
        result.assert_outcomes(skipped=4)
        result.stdout.fnmatch_lines(["SKIPPED*there is no cuda:2 here, only 2"])

    def test_the_nearest_marker_wins_and_the_assertion_over_all(self, pytester: pytest.Pytester) -> None:
        source = """
            import pytest

            pytestmark = pytest.mark.normproof(like="batchnorm", devices=["cpu"], seed=1)

            @pytest.mark.normproof(dtypes=["float32"], seed=2)
            def test_nearest(normproof):
                assert normproof.assert_layer(abs).said == ("cpu {'seed': 2}",)
                assert normproof.assert_layer(abs, seed=3).said == ("cpu {'seed': 3}",)
        """
        result = run(pytester, source, "--normproof-report=-")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["*abs like batchnorm*{'seed': 2}*", "*abs like batchnorm*{'seed': 3}*"])

    def test_the_other_assertions(self, pytester: pytest.Pytester) -> None:
        source = """
            def test_it(normproof):
                normproof.assert_gradient(abs, "layernorm")
                assert normproof.assert_theorem("theorem-4.1", {"y": 1, "g": 2}) .startswith("theorem-4.1 ['g', 'y'] ")
        """
        result = run(pytester, source, "--normproof-report=-")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(
            ["*| gradient *| abs like layernorm *| pass *", "*| theorem *| theorem-4.1 *| pass *"]
        )

    def test_a_failure_points_at_the_line_of_the_test(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, MARKED, "--normproof-report=-")
        result.stdout.fnmatch_lines([">*normproof.assert_layer(abs)", "E*AssertionError: the gradient lacks the term*"])
        text = result.stdout.str()
        assert "pytest_plugin.py" not in text
        assert "conftest.py" not in text


MISTAKES = {
    "'layernorm'": "takes named arguments only: write like='layernorm'",
    "dtype='float32'": "dtype= is not an argument; write dtypes=['float32']",
    "device='cpu'": "device= is not an argument; write devices=['cpu']",
    "streess=True": "streess= is not an argument; did you mean stress=? (like, dtypes, devices, x, ",
    "dtypes=['float23']": "'float23' is no dtype; did you mean 'float32'? (float64, float32, bfloat16, float16)",
    "dtypes=[7]": "7 is no dtype (float64, float32, bfloat16, float16)",
    "dtypes=[]": "dtypes=[] leaves nothing to run; leave dtypes out to have float64, float32, bfloat16, float16",
    "devices=['gpu']": "'gpu' is no device; write 'cpu', 'cuda' or 'cuda:1'",
    "devices=['cuda:x']": "'cuda:x' is no device; write 'cpu', 'cuda' or 'cuda:1'",
}


SHOWN = ("'layernorm'", "streess=True", "dtypes=['float23']", "dtypes=[]")
"""The others run with `-m slow`."""


@pytest.mark.parametrize(
    "mistake", [*SHOWN, *(pytest.param(each, marks=pytest.mark.slow) for each in MISTAKES if each not in SHOWN)]
)
def test_a_wrong_argument_is_answered_with_what_to_write(pytester: pytest.Pytester, mistake: str) -> None:
    result = run(pytester, f"import pytest\n@pytest.mark.normproof({mistake})\ndef test_it(normproof): pass")
    result.assert_outcomes(errors=1)
    text = result.stdout.str()
    assert f"test_it: @pytest.mark.normproof: {MISTAKES[mistake]}" in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text


def test_a_marked_test_that_takes_no_fixture_is_an_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, "import pytest\n@pytest.mark.normproof\ndef test_it(): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes none of the fixtures normproof, normproof_device, normproof_dtype"])


@pytest.mark.usefixtures("stand_in")
class TestReport:
    def test_markdown(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, MARKED, "--normproof-report", "norms.md")
        result.stdout.fnmatch_lines(["2 assertions: 1 pass, 1 wrong. Written to norms.md"])
        head, rule, *rows = (pytester.path / "norms.md").read_text().splitlines()[:4]
        assert [cell.strip() for cell in head.split("|")[1:-1]] == [
            *("test", "assertion", "layer", "dtype", "device", "verdict", "error", "bound", "said")
        ]
        assert set(rule) <= set("| -")
        cells = [[cell.strip() for cell in row.replace("\\|", "/").split("|")[1:-1]] for row in rows]
        where = "test_markdown.py::test_mine[cpu-{}]"
        wrong = ["wrong", "inf", "2.0e-07", "the gradient lacks the term / yhat <g, yhat>/m"]
        assert cells == [
            [where.format("bfloat16"), "layer", "abs like layernorm", "bfloat16", "cpu", *wrong],
            [where.format("float32"), "layer", "abs like layernorm", "float32", "cpu"]
            + ["pass", "1.0e-07", "2.0e-07", "cpu {'stress': True}"],
        ]

    def test_json(self, pytester: pytest.Pytester) -> None:
        run(pytester, MARKED, "--normproof-report", "norms.json")
        content = json.loads((pytester.path / "norms.json").read_text())
        assert content["ok"] is False
        assert [row["verdict"] for row in content["assertions"]] == ["wrong", "pass"]
        assert content["assertions"][0]["error"] == "inf"
        assert content["assertions"][0]["said"].endswith("\nand more")
        assert content["assertions"][1]["bound"] == 2e-7

    def test_in_the_terminal(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, MARKED, "--normproof-report=-")
        result.stdout.fnmatch_lines(
            ["*= normproof =*", "| test *| said |", "*| wrong *", "2 assertions: 1 pass, 1 wrong."]
        )

    def test_a_crash_is_a_row_too(self, pytester: pytest.Pytester) -> None:
        source = "def test_it(normproof): normproof.assert_layer(abs, like='nothing')"
        result = run(pytester, source, "--normproof-report", "norms.json")
        result.assert_outcomes(failed=1)
        (row,) = json.loads((pytester.path / "norms.json").read_text())["assertions"]
        assert (row["verdict"], row["error"], row["said"]) == ("error", None, "there is no layer called nothing")

    def test_without_assertions(self, pytester: pytest.Pytester) -> None:
        result = run(pytester, "def test_it(): pass", "--normproof-report=-")
        result.stdout.fnmatch_lines(["No assertion of normproof was made in this run."])

    def test_without_the_option_nothing_is_printed(self, pytester: pytest.Pytester) -> None:
        assert "= normproof =" not in run(pytester, MARKED).stdout.str()

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("nowhere/norms.md", "--normproof-report nowhere/norms.md: there is no folder *nowhere"),
            (".", "--normproof-report . is a folder; give a file, such as norms.md"),
        ],
    )
    def test_a_path_that_cannot_be_written(self, pytester: pytest.Pytester, path: str, message: str) -> None:
        result = run(pytester, MARKED, "--normproof-report", path)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {message}"])


@pytest.mark.slow
def test_workers_hand_their_rows_to_the_controller(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WITHOUT_TORCH + FAKE)
    pytester.makepyfile(MARKED)
    alone = pytester.runpytest_subprocess(*ARGS, "--normproof-report", "alone.json")
    spread = pytester.runpytest_subprocess(*ARGS, "--normproof-report", "spread.json", "-n", "2")
    for result in (alone, spread):
        result.assert_outcomes(passed=1, failed=1)
    rows = [json.loads((pytester.path / name).read_text()) for name in ("alone.json", "spread.json")]
    assert rows[0] == rows[1]
    assert len(rows[0]["assertions"]) == 2


def test_a_run_that_uses_no_fixture_does_not_wait_for_torch_or_sympy(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import sys

        def pytest_unconfigure():
            loaded = {name.partition(".")[0] for name in sys.modules} & {"torch", "sympy", "numpy"}
            loaded |= {name for name in sys.modules if name.startswith("derive.")} - {"derive.pytest_plugin"}
            print("loaded:", sorted(loaded), sorted(name for name in sys.modules if name.startswith("verify")))
    """)
    pytester.makepyfile(MARKED, test_other="def test_it(): pass")
    result = pytester.runpytest_subprocess(*ARGS, "-s", "--normproof-report", "norms.md", "--collect-only")
    result.stdout.fnmatch_lines(["*3 tests collected*"])
    assert "loaded: [] ['verify', 'verify.pytest_plugin']" in result.stdout.str()
    assert not (pytester.path / "norms.md").exists()


def test_with_the_real_assertions(pytester: pytest.Pytester) -> None:
    import verify

    assert verify.assert_layer  # imported here, so that pytester does not unload torch's own modules with it
    source = """
        import pytest, torch

        pytestmark = pytest.mark.normproof(like="rmsnorm", dtypes=["float32"], devices=["cpu"], order=1, shapes=(3, 5))

        def test_right(normproof):
            assert normproof.assert_layer(torch.nn.RMSNorm(5)).ok

        def test_wrong(normproof):
            normproof.assert_layer(lambda x, weight: x / x.square().sum(-1, keepdim=True).sqrt() * weight)
    """
    result = run(pytester, source, "--normproof-report", "norms.json")
    result.assert_outcomes(passed=1, failed=1)
    right, wrong = json.loads((pytester.path / "norms.json").read_text())["assertions"]
    assert (right["layer"], right["verdict"]) == ("RMSNorm like rmsnorm", "pass")
    assert 0 < right["error"] < right["bound"]
    assert wrong["verdict"] == "wrong"
    assert wrong["error"] > wrong["bound"] > 0
    assert "output: " in wrong["said"]


def test_the_options_are_those_of_the_assertions() -> None:
    import verify

    taken = {name for check in (verify.check_layer, verify.check_gradient) for name in signature(check).parameters}
    assert set(OPTIONS) == taken - {"layer", "computed", "like", "dtype", "dtypes", "device"}


def test_the_marker_is_listed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*ARGS, "--markers", "--strict-markers")
    result.stdout.fnmatch_lines(["@pytest.mark.normproof(like=LAYER, dtypes=*"])
