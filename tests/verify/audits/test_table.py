"""The text of an audit: what is wrong first, one line a layer, and few lines for many layers."""

import math

import pytest

from verify.audits.pages.table import LINES, SAID, table
from verify.audits.record import Numbers

from .synthetic import fault, layer, report, resnet, row, undecided


def cells(text: str, name: str) -> list[str]:
    """The cells of the line of a layer, by the spaces between the columns."""
    (line,) = [line for line in text.splitlines() if line.strip().startswith(f"{name} ")]
    return [cell for cell in line.strip().split("  ") if cell.strip()]


def test_str_of_a_report_is_its_table() -> None:
    given = report(layer(), fault())
    assert str(given) == table(given)


def test_a_layer_is_one_line_with_its_numbers() -> None:
    text = table(report(layer("stem.bn", dead=(1, 2), near_constant=(3,))))
    found = [cell.strip() for cell in cells(text, "stem.bn")]
    assert found[1:5] == ["batch_norm -> batchnorm", "8x4x5x5", "float32", "pass"]
    assert found[5:] == ["0.2", "0.9", "2", "1e+04", "2", "1"]  # largest error, ratio, mean; smallest variance


def test_faults_come_first_then_what_is_undecided_with_its_reason() -> None:
    lines = table(report(layer(), undecided(), fault(), unseen={"aux.bn": "it did not run"})).splitlines()
    assert lines[0] == "Net: 3 normalizations, 1 fault, 1 undecided (audited step 0.3 s, 1.20 times the plain one)"
    assert lines[1] == "  fault: layer1.1.bn2: input gradient: lacks the projection term"
    assert "error 0.003, bound 1e-06, of values up to 3 at (1, 2)" in lines[2]
    assert lines[3] == "  undecided: head.norm: no gradient reached it"
    assert lines[4] == "  not seen: aux.bn: it did not run"


def test_time_is_told_only_where_it_was_measured() -> None:
    assert "(audited step 0.3 s)" in table(report(layer(), plain_seconds=None))
    assert "times the plain" not in table(report(layer(), plain_seconds=None))


def test_many_layers_alike_are_few_lines_and_a_fault_is_alone() -> None:
    given = resnet()
    text = table(given)
    assert len(text.splitlines()) < 20 < LINES < len(given.layers)
    assert "layer1.{0..5}.bn{1..3} x18" in text
    assert "layer2.{0..5}.bn{1..3} x17" in text, "the fault has its own line"
    assert cells(text, "layer2.5.bn3")[4].strip() == "fault"


def test_a_summed_up_line_has_the_extremes_of_its_layers() -> None:
    def one(at: int) -> object:
        largest = 0.9 if at == 17 else 0.5
        numbers = Numbers((largest,), (float(at),), (100.0 - at,), 1)
        return layer(f"h.{at}.norm", numbers=numbers, dead=(0,) if at % 2 else ())

    text = table(report(*(one(at) for at in range(50))))
    assert [cell.strip() for cell in cells(text, "h.{0..49}.norm")][5:] == ["0.2", "0.9", "49", "51", "25", "-"]


def test_every_layer_has_a_line_where_all_are_asked_for() -> None:
    given = resnet()
    lines = table(given, every=True).splitlines()
    for each in given.layers:
        assert sum(line.strip().startswith(f"{each.name} ") for line in lines) == 1


def test_layers_of_different_shapes_are_summed_up_where_lines_would_be_too_many() -> None:
    text = table(report(*(layer(f"block.{at}.norm", shape=(8, 16 + at, 7, 7)) for at in range(60))))
    assert "block.{0..59}.norm x60" in text and "8x{16..75}x7x7" in text


@pytest.mark.parametrize(
    "numbers, shown", [((0, 2, 7), "{0,2,7}"), (range(2, 5), "{2..4}"), ((1, 3, 5, 7, 9), "{1,3,5,..,9}")]
)
def test_numbers_in_a_path(numbers: object, shown: str) -> None:
    alike = [layer(f"h.{at}.norm") for at in numbers]
    filling = [layer(f"other{'x' * at}") for at in range(LINES)]
    assert f"h.{shown}.norm x{len(alike)}" in table(report(*alike, *filling))


def test_layers_that_differ_in_what_ran_are_not_summed_up() -> None:
    layers = [layer(f"h.{at}.norm", eps=1e-5 if at % 2 else 1e-6) for at in range(50)]
    layers += [layer(f"h.{at}.norm", like="layernorm") for at in range(50, 60)]
    assert len([line for line in table(report(*layers)).splitlines() if " x" in line]) == 3


def test_more_faults_than_anyone_reads_are_counted() -> None:
    text = table(report(*(fault(f"n{at}") for at in range(SAID + 3))))
    assert text.count("  fault: ") == SAID and "... and 3 faults more" in text
    assert table(report(*(fault(f"n{at}") for at in range(SAID + 3))), every=True).count("  fault: ") == SAID + 3


def test_one_reason_for_many_layers_is_said_once() -> None:
    text = table(report(*(undecided(f"n{at}") for at in range(20))))
    assert text.count("no gradient reached it") == 1 and "n11 and 8 more: no gradient" in text


def test_executions_of_one_module_are_told_apart() -> None:
    text = table(report(layer("norm"), layer("norm", call=1)))
    assert "norm (execution 2)" in text


def test_the_model_itself_has_a_name() -> None:
    assert "the model itself" in table(report(layer("")))


def test_numbers_that_are_not_finite() -> None:
    broken = row("output", "wrong", math.nan, 1e-6, "is not a number")
    given = report(layer("norm", "fault", says="output: is not a number", rows=(broken,), numbers=Numbers((math.inf,))))
    assert "error nan, bound 1e-06" in table(given) and cells(table(given), "norm")[5].strip() == "inf"


def test_nothing_in_a_name_reaches_the_terminal_as_a_command() -> None:
    text = table(report(layer("a\x1b[31mred\nsecond line\u202e"), model="M\x07"))
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert r"a\x1b[31mred\nsecond line" in text


def test_a_model_without_normalizations() -> None:
    assert table(report(model="Empty")) == "Empty: no normalization ran"


def test_a_pass_whose_input_gradient_was_not_compared_says_so() -> None:
    text = table(report(layer("stem", rows=(row("output"),)), layer("next"), undecided("other")))
    assert "  not compared: stem: the input gradient, as the input requires none" in text.splitlines()
