"""The page as a browser draws it: verdicts beside their formulas, and nothing wider than the page."""

import pytest

from tests.notes.note import BATCHNORM
from tests.notes.page.browser import browser, measured
from tests.notes.page.reading import written

pytestmark = pytest.mark.skipif(browser() is None, reason="there is no Chromium or Chrome here")

WIDE, NARROW = 1280, 400

NOTE = rf"""# Batch norm

Forwards {BATCHNORM}

$$
\frac{{\partial L}}{{\partial \gamma}} = \sum_{{i=1}}^m \frac{{\partial L}}{{\partial y_i}} \hat{{x}}_i
$$

- a list with a formula that is false:
  $$
  \frac{{\partial L}}{{\partial \beta}} = 2 \sum_{{i=1}}^m \frac{{\partial L}}{{\partial y_i}}
  $$

> | a | table |
> | - | - |
> | 1 | `{"x" * 200}` |
>
> $$\zeta = \Xi(q)$$

Within a line $a_1 {"+ a_1 " * 60} = 61$ and a long one:

$$
1 {"+ 1 " * 60} = 61
$$

{"verylongword" * 40} and `{"y" * 300}` and $${"z" * 5} < \unknown{{{"w" * 300}}}$$

<script>window.ran = true; document.title = "ran"</script>
<img src=x onerror="window.ran = true">
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> tuple[dict, dict]:
    wide, narrow = measured(written(NOTE), (WIDE, NARROW), tmp_path_factory.mktemp("browser"))
    return wide, narrow


def test_nothing_is_wider_than_the_page(pages):
    for page, width in zip(pages, (WIDE, NARROW), strict=True):
        assert width - 20 <= page["width"] <= width
        assert page["scrolls"] <= page["width"]


def test_each_verdict_is_seen_in_the_margin_beside_its_formula(pages):
    wide, _ = pages
    assert [each["verdict"] for each in wide["formulas"]][:2] == ["proved", "refuted"]
    right_of_text = max(right for _, _, right, _ in wide["text"])
    for formula in wide["formulas"]:
        left, top, right, bottom = formula["badge"]
        assert formula["shown"] and right - left > 30 and bottom - top > 8
        assert left >= formula["set"][2] and left >= right_of_text
        assert right <= wide["width"]
        middle = (top + bottom) / 2
        assert formula["set"][1] - 120 < middle < formula["set"][3] + 120
        assert top < formula["set"][3] and bottom > formula["set"][1] - 120


def test_margins_do_not_overlap(pages):
    for page in pages:
        tops = [formula["badge"][1] for formula in page["formulas"]]
        assert tops == sorted(tops)
        for before, after in zip(page["formulas"], page["formulas"][1:], strict=False):
            assert before["badge"][3] <= after["badge"][1]


def test_on_a_narrow_page_verdicts_stand_below_their_formulas(pages):
    _, narrow = pages
    for formula in narrow["formulas"]:
        assert formula["badge"][1] >= formula["set"][3] - 1
        assert 0 <= formula["badge"][0] and formula["badge"][2] <= narrow["width"]


def test_formulas_are_drawn_and_marks_are_seen(pages):
    for page in pages:
        assert len(page["math"]) > 5
        assert all(right - left > 3 and bottom - top > 3 for left, top, right, bottom in page["math"])
        assert page["marked"]
        assert all(right - left > 3 and bottom - top > 0 for left, top, right, bottom in page["marked"])


def test_verdicts_have_colours_of_their_own(pages):
    wide, _ = pages
    colours = {each["verdict"]: each["colour"] for each in wide["formulas"]}
    assert len(set(colours.values())) == len(colours) >= 3


def test_only_what_is_chosen_is_shown(pages):
    wide, _ = pages
    assert set(wide["chosen"]) == {"refuted"}


def test_nothing_of_the_note_has_run(pages):
    for page in pages:
        assert not page["ran"] and page["script"] == "Batch norm"
