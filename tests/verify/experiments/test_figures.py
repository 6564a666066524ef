"""Pictures: they are saved whole, or not at all, with the outcomes in them."""

from pathlib import Path

import pytest

from verify import extras
from verify.errors import VerifyError
from verify.experiments.figures import COLOURS, figure
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome

SAID = [
    Outcome("a $very$ long claim " + "that goes on " * 30, "Here 2020", HELD, "x", "theorem-4.1"),
    Outcome("another_one", "There 2021", FAILED, "x"),
    Outcome("a third", "Elsewhere 2022", UNDECIDED, "x"),
]


def size_of(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def test_a_picture_grows_with_what_is_said(tmp_path: Path) -> None:
    for name, said in (("silent", []), ("said", SAID)):
        with figure(tmp_path / "new" / f"{name}.png", said, columns=2, rows=2, size=(3.0, 2.0)) as axes:
            assert axes.shape == (2, 2)
            axes[1, 0].plot([1, 2], [3, 4], label="a")
    silent, said = (size_of(tmp_path / "new" / f"{name}.png") for name in ("silent", "said"))
    assert silent[0] == said[0] == 900 and said[1] > silent[1] + 150


def test_the_outcomes_are_written_below(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}), figure(path, SAID, size=(8, 2)) as ((axes,),):
        axes.plot([1, 2])
    text = path.read_text()
    for expected in ("held: a $very$ long claim", "[theorem-4.1]", "did NOT hold: another_one", "undecided: a third"):
        assert expected in text
    assert COLOURS[0] in text


def test_no_picture_of_a_failure(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    with pytest.raises(ZeroDivisionError), figure(tmp_path / "a.png", SAID):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir()) and not plt.get_fignums()


def test_a_place_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VerifyError, match="can't be written"), figure(tmp_path / "file" / "a.png"):
        pass
    with pytest.raises(VerifyError, match=r"a\.nonsense can't be written"), figure(tmp_path / "a.nonsense"):
        pass


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    message = r"this needs matplotlib, which can't be imported .*pip install 'normproof\[experiments\]' installs it"
    with pytest.raises(VerifyError, match=message), figure(tmp_path / "a.png"):
        pass
    with pytest.raises(VerifyError, match="this needs sklearn"):
        extras.require("sklearn.datasets")
