"""Names for the nodes of a graph, which notes introduce one after the other, or all at once with arrows between."""

from tests.notes.note import checked, tex, verdicts

CHAIN = r"""
$$
\mu = \frac1m\sum_{i=1}^m h_i \quad\to\quad d_i = h_i - \mu \quad\to\quad \sigma^2 = \frac1m\sum_{i=1}^m d_i^2
$$

$$
\quad\to\quad s = (\sigma^2+\epsilon)^{-1/2} \quad\to\quad \hat h_i = d_i \cdot s \to y_i = \gamma\hat h_i + \beta
$$

with $dy_i = \frac{\partial L}{\partial y_i}$.
"""


def test_arrows_part_formulas_and_d_with_an_index_is_no_factor():
    text = CHAIN + tex(r"""
$$
@{\gamma} = \sum_{i=1}^m dy_i \cdot \hat h_i
$$

$$
@{s} = \sum_{i=1}^m d\hat h_i\, d_i
$$

$$
@{d_i} = d\hat h_i \cdot s + @{\sigma^2}\cdot\frac{2d_i}{m}
$$

$$
@{\mu} = \sum_{i=1}^m @{d_i}
$$
""")
    assert verdicts(text)[2:] == ["proved", "proved", "proved", "refuted"]


def test_an_arrow_that_is_no_implication_stays_a_relation():
    (found,) = checked("$$\nx \\to y = 2\n$$\n")
    assert found.verdict == "undecided"
    assert len(found.relations) == 2


def test_a_second_formula_for_a_name_makes_its_graph_finer():
    text = r"""
$$
\mu = \frac1m\sum_i x_i, \quad \sigma^2 = \frac1m\sum_i (x_i-\mu)^2
$$

$$
\hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}
$$

$s = (\sigma^2+\epsilon)^{-1/2}$ and $c_i = x_i - \mu$

$$
\hat x_i = s\, c_i
$$

$$
\frac{\partial L}{\partial s} = \sum_i \frac{\partial L}{\partial \hat x_i} c_i
$$

$$
\frac{\partial L}{\partial s} = -\sum_i \frac{\partial L}{\partial \hat x_i} c_i
$$
"""
    assert verdicts(text)[2:] == ["proved", "proved", "refuted"]


def test_the_variance_and_a_root_of_it_are_one_graph_where_parts_have_names():
    text = r"""
$$
\mu = \frac1d\sum_j x_j, \qquad \sigma^2 = \frac1d\sum_j (x_j-\mu)^2
$$

$$
\hat x_j = \frac{x_j-\mu}{\sqrt{\sigma^2+\epsilon}}, \qquad r = \sqrt{\sigma^2+\epsilon}
$$

$$
\frac{\partial r^{-1}}{\partial \sigma^2} = -\frac12 r^{-3}
$$

with $\tilde x_l = x_l - \mu$

$$
\frac{\partial \hat x_j}{\partial \sigma^2} = -\frac{\tilde x_j}{2r^3}
$$
"""
    assert verdicts(text)[2:] == ["proved", "proved"]
