"""A norm around a formula for one entry is that of the vector."""

import pytest

from tests.notes.note import of, tex

INSIDE = r"m @{\hat{x}_i} - \sum_j @{\hat{x}_j} + \hat{x}_i \sum_j \hat{x}_j @{\hat{x}_j}"
TRUE = r"m @{\hat{x}_i} - \sum_j @{\hat{x}_j} - \hat{x}_i \sum_j \hat{x}_j @{\hat{x}_j}"
FACTOR = r"\frac{1}{m^2 (\sigma^2 + \epsilon)}"

CLAIMS = {
    rf"\Vert @{{x}} \Vert_2^2 = {FACTOR} \Vert {TRUE} \Vert_2^2": "proved",
    rf"\Vert @{{x}} \Vert_2^2 = {FACTOR} \Vert {INSIDE} \Vert_2^2": "refuted",
    rf"\Vert {TRUE} \Vert_2^2 = \Vert {TRUE} \Vert_2^2": "proved",
    rf"\sum_i \hat{{x}}_i = \Vert {TRUE} \Vert_2^2": "refuted",
    r"\Vert x_i \Vert^2 = \sum_j x_j^2": "refuted",
    rf"2 x_i + 1 = \Vert {TRUE} \Vert_2^2": "refuted",
}


@pytest.mark.parametrize(("latex", "expected"), CLAIMS.items(), ids=CLAIMS)
def test_a_norm_around_an_entry_is_over_its_index_where_that_is_free_nowhere_else(latex, expected):
    assert of(tex(latex)).verdict == expected
