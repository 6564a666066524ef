"""The page of an audit: valid, complete, without anything from elsewhere, and safe whatever names a model has."""

import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from verify.audits.pages.page import page, write_page
from verify.audits.pages.plots import Plot, plots
from verify.audits.pages.stylesheet import DARK, LIGHT, RULES
from verify.audits.pages.svg import INKS
from verify.audits.record import AuditReport, Numbers
from verify.errors import VerifyError

from .synthetic import fault, layer, report, resnet, row, undecided

pytest.importorskip("matplotlib")
VOID = {"meta", "br"}
HOSTILE = """</title></svg><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;$\\frac{1}$\x1b[31m\u202e"""


class Tags(HTMLParser):
    """The tags of a page with their attributes; complains where they are not nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> is not where it belongs"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def given() -> AuditReport:
    return resnet()


@pytest.fixture(scope="module")
def text(given: AuditReport) -> str:
    return page(given)


@pytest.fixture(scope="module")
def drawn(given: AuditReport) -> list[Plot]:
    return plots(given)


@pytest.fixture(scope="module")
def tags(text: str) -> Tags:
    return Tags(text)


def test_nothing_comes_from_elsewhere_and_nothing_runs(text: str, tags: Tags) -> None:
    names = {name for name, _ in tags.found}
    assert not names & {"script", "link", "iframe", "img", "object", "embed", "form", "base", "image"}
    for name, attributes in tags.found:
        for attribute, value in attributes.items():
            assert not attribute.startswith("on"), f"<{name} {attribute}>"
            if attribute in ("href", "src", "xlink:href"):
                assert (value or "").startswith("#")
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|http-equiv', "", text)
    assert "@import" not in text and "url(" not in re.sub(r"url\(#", "", text)
    policy = next(each for each in tags.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_every_name_on_the_page_is_there_once_and_every_reference_leads_somewhere(text: str, tags: Tags) -> None:
    names = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(names) == len(set(names))
    referred = re.findall(r'(?:href="|url\()#([^")]+)', text)
    labels = [label for _, a in tags.found for label in (a.get("aria-labelledby") or "").split()]
    assert referred and labels and {*referred, *labels} <= set(names)


def test_all_layers_are_in_the_table_and_faults_lead_there(given: AuditReport, text: str, tags: Tags) -> None:
    for number, each in enumerate(given.layers, 1):
        shown = f'<td class="number">{number}</td><th scope="row"><code>{each.name}</code>'
        assert f'<tr id="layer-{number}">{shown}' in text
    (wrong,) = given.faults
    assert f'<a href="#layer-{given.layers.index(wrong) + 1}">{wrong.name}</a>' in text
    assert wrong.says in text and "0.003" in text and "no gradient reached it" in text and "it did not run" in text


def test_tables_have_headers_and_captions(tags: Tags) -> None:
    assert len(tags.all("table")) == len(tags.all("caption")) == 2  # one fault, and all layers
    assert all(each.get("scope") in ("col", "row") for each in tags.all("th"))
    assert tags.all("html")[0]["lang"] == "en" and len(tags.all("h1")) == 1


def test_drawings_have_a_title_and_a_description(drawn: list[Plot]) -> None:
    assert [each.name for each in drawn] == ["error", "ratio", "mean", "tightness", "channels"]
    for each in drawn:
        root = ElementTree.fromstring(each.svg)
        title, about = list(root)[:2]
        assert root.get("role") == "img" and root.get("viewBox")
        assert title.tag.endswith("title") and title.text == each.title
        assert about.tag.endswith("desc") and about.text == each.about


def test_what_drawings_say_in_words(given: AuditReport, drawn: list[Plot]) -> None:
    about = {each.name: each.about for each in drawn}
    assert "In 1 of them an error is beyond it" in about["error"]
    largest = max(value for each in given.layers for value in each.numbers.ratio)
    assert f"The largest is {largest:.3g}." in about["ratio"]
    dead = sum(len(each.dead) for each in given.layers)
    assert about["channels"].startswith(f"{dead} channels are dead")


def test_no_error_beyond_its_bound_is_said_to_be_none() -> None:
    assert "Every error is within it" in plots(report(layer(), layer()))[0].about


def test_points_are_drawn_where_they_belong() -> None:
    """The fault is above the line at 1, the others below: read from the svg itself."""
    drawn = plots(report(layer("a"), fault("b")))[0].svg
    (line,) = re.findall(r'd="M [\d.]+ ([\d.]+) \nL [\d.]+ \1 \n"[^>]*stroke-dasharray[^>]*var\(--bad\)', drawn)
    rings = re.findall(r'd="M [\d.]+ ([\d.]+) \n[^"]*"[^>]*style="fill: none; stroke: var\(--bad\)', drawn)
    marks = re.findall(r'<use xlink:href="[^"]*" x="[\d.]+" y="([\d.]+)"[^>]*style="fill: var\(--series-0\)', drawn)
    assert len(marks) == 2 + 1 and len(rings) == 1 + 1, "the outputs of both, the one fault, and the legend"
    assert max(map(float, rings)) < float(line) < sorted(map(float, marks))[1]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "panel"])
def test_contrast(colours: dict[str, str], ground: str) -> None:
    """WCAG 2.1: 4.5 for texts, 3 for marks in drawings."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for name, colour in colours.items():
        low, high = sorted((light(colour), light(colours[ground])))
        contrast = (high + 0.05) / (low + 0.05)
        if name in ("ink", "soft", "good", "bad", "open"):
            assert contrast >= 4.5, name
        elif name.startswith("series"):
            assert contrast >= 3, name


def test_every_colour_is_one_of_the_page_in_light_and_in_dark(text: str) -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    assert used <= set(LIGHT) and set(LIGHT) == set(DARK) and set(INKS.values()) <= set(LIGHT)
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.S))
    assert not re.findall(r"#[0-9a-fA-F]{6}\b", drawings), "a colour that would be the same in light and dark"
    assert "prefers-color-scheme: dark" in text and "focus-visible" in RULES


def test_hostile_names_are_text() -> None:
    wrong = fault(HOSTILE, says=HOSTILE, kind=f"x.{HOSTILE}", like=HOSTILE, dtype=HOSTILE)
    given = report(layer(HOSTILE), wrong, undecided(HOSTILE, HOSTILE), model=HOSTILE, unseen={HOSTILE: HOSTILE})
    tags = Tags(page(given))
    assert not tags.all("script") and not tags.all("img")
    words = "".join(tags.words)
    assert '<script>alert("1")</script>' in words and "\x1b" not in words and "\u202e" not in words
    assert r"\x1b[31m" in words


def test_numbers_that_are_not_finite_or_zero_are_drawn() -> None:
    broken = row("output", "wrong", math.nan, 1e-6), row("input gradient", error=0.0), row("bias", error=1.0, bound=0.0)
    numbers = Numbers((math.nan, math.inf, 0.0), (math.inf, 0.0), (0.0, math.nan), 3)
    drawn = plots(report(layer(rows=broken, numbers=numbers), layer(rows=(), numbers=Numbers())))
    assert [bool(each.svg) for each in drawn] == [True] * 4 + [False]  # no channel is dead
    assert all("NaN" not in each.svg and "inf" not in each.svg.lower() for each in drawn)


def test_one_layer_and_none() -> None:
    assert [bool(each.svg) for each in plots(report(layer(dead=(0,))))] == [True] * 5
    assert not any(each.svg for each in plots(report(undecided())))
    empty = Tags(page(report(model="Empty")))
    assert not empty.all("svg") and "no normalization ran" in "".join(empty.words)


def test_the_same_audit_gives_the_same_drawings(drawn: list[Plot], text: str) -> None:
    assert all(each.svg in text for each in drawn)


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    empty = report(model="Empty ε")
    write_page(empty, tmp_path / "audit.html")
    assert (tmp_path / "audit.html").read_text(encoding="utf-8") == page(empty)
    for place in (tmp_path, tmp_path / "none" / "audit.html", "a\0b"):
        with pytest.raises(VerifyError, match="can't be written"):
            write_page(empty, place)


def test_without_matplotlib_it_says_what_to_install(given: AuditReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it now raises ImportError
    with pytest.raises(VerifyError, match=r"pip install 'normproof\[experiments\]'"):
        page(given)
