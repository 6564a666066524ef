"""Formulas of notes, right and wrong, in the notations that people use."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from derive.verdicts import Refuted
from tests.notes.note import BATCHNORM, LAYERNORM, checked, of, tex, verdicts

ROOT = r"\sqrt{\sigma^2+\epsilon}"

FACT_C1 = tex(
    r"@{x_i} = \frac{\gamma}{m\sqrt{\sigma^2+\epsilon}}\left(m@{y_i}"
    r" - \sum_{k=1}^m @{y_k} - \hat{x}_i\sum_{k=1}^m @{y_k}\hat{x}_k\right)"
)
BY_XHAT = tex(
    r"@{x_i} = \frac{1}{m\sqrt{\sigma^2+\epsilon}}\left[m @{\hat{x}_i}"
    r" - \sum_{j=1}^m @{\hat{x}_j} - \hat{x}_i\sum_{j=1}^m @{\hat{x}_j}\hat{x}_j\right]"
)
WEIGHT = tex(r"@{\gamma} = \sum_{i=1}^m @{y_i}\hat{x}_i")
VARIANCE = tex(r"@{\sigma^2} = -\frac12\sum_{i=1}^m @{\hat{x}_i}(x_i-\mu)(\sigma^2+\epsilon)^{-3/2}")
JACOBIAN = (
    r"\frac{\partial\hat{x}_i}{\partial x_j} = \frac{1}{\sqrt{\sigma^2+\epsilon}}\left(\delta_{ij} - \frac1m\right)"
    r" - \frac{(x_i-\mu)(x_j-\mu)}{m(\sigma^2+\epsilon)^{3/2}}"
)
PATHS = tex(
    r"@{x_i} = @{\hat{x}_i}\frac{\partial\hat{x}_i}{\partial x_i}"
    r" + @{\sigma^2}\frac{\partial\sigma^2}{\partial x_i} + @{\mu}\frac{\partial\mu}{\partial x_i}"
)

TRUE = {
    "fact C.1": FACT_C1,
    "by the gradient of xhat": BY_XHAT,
    "weight": WEIGHT,
    "weight, no limits": WEIGHT.replace("_{i=1}^m", "_i"),
    "weight, rows": tex(r"@{\gamma} &= \sum_i @{y_i}\frac{\partial y_i}{\partial\gamma} \\ &= \sum_i @{y_i}\hat{x}_i"),
    "variance": VARIANCE,
    "mean": tex(r"@{\mu} = -\frac{1}{\sqrt{\sigma^2+\epsilon}}\sum_i @{\hat{x}_i}"),
    "three paths": PATHS,
    "Jacobian": JACOBIAN,
    "indicator": r"\frac{\partial(x_i-\mu)}{\partial x_j} = \mathbb{1}[i=j] - \frac{1}{m}",
    "sum of xhat": r"\sum_i \hat{x}_i = 0",
    "nabla": r"\nabla_{\beta} L = \sum_i \nabla_{y_i} L",
    "slashes": "∂L/∂β = \\sum_i ∂L/∂y_i",
    "vectors": tex(r"@{\hat{x}} = \gamma @{y}"),
    "inner product": tex(r"@{\gamma} = \langle @{y}, \hat{x} \rangle"),
    "an inequality": r"\sum_i (x_i - \mu)^2 \ge 0",
    "without one index": r"\sum_{j \neq i} \hat{x}_j = -\hat{x}_i",
    "numbers": r"\frac{1}{2} + \frac{1}{3} = \frac{5}{6}",
    "bold and boxed": tex(r"\boxed{\mathbf{@{\beta}} = \sum_{i} @{y_i}}"),
}

FALSE = {
    "sign": FACT_C1.replace(r" - \hat{x}_i", r" + \hat{x}_i"),
    "factor": FACT_C1.replace(r"\frac{\gamma}{m\sqrt", r"\frac{\gamma}{\sqrt"),
    "gamma twice": BY_XHAT.replace(r"\frac{1}{m\sqrt", r"\frac{\gamma}{m\sqrt"),
    "hat missing": WEIGHT.replace(r"\hat{x}_i", "x_i"),
    "sum missing": tex(r"@{\gamma} = @{y_i}\hat{x}_i"),
    "epsilon dropped": FACT_C1.replace(ROOT, r"\sqrt{\sigma^2}"),
    "square missing": VARIANCE.replace("-3/2", "-1/2"),
    "half missing": VARIANCE.replace(r"-\frac12", "-"),
    "index clash": FACT_C1.replace(r"\hat{x}_k\right)", r"\hat{x}_i\right)"),
    "delta missing": JACOBIAN.replace(r"\delta_{ij} - ", "1 - "),
    "one path missing": PATHS.rpartition(" + ")[0],
    "unbiased": r"\sigma^2 = \frac{1}{m-1}\sum_i (x_i - \mu)^2 = \frac1m \sum_i (x_i - \mu)^2",
    "the other way": r"\sum_i (x_i - \mu)^2 \le -1",
    "equality for <=": r"\left(\sum_i \hat{x}_i y_i\right)^2 = \sum_i \hat{x}_i^2 \sum_i y_i^2",
    "numbers": r"\frac{1}{2} + \frac{1}{3} = \frac{2}{5}",
}


@pytest.mark.parametrize("latex", TRUE.values(), ids=TRUE.keys())
def test_true_formulas_are_proved(latex):
    assert of(latex).verdict == "proved", of(latex).reason


@pytest.mark.parametrize("latex", FALSE.values(), ids=FALSE.keys())
def test_false_formulas_are_refuted_with_numbers(latex):
    found = of(latex)
    assert found.verdict == "refuted", (found.verdict, found.reason)
    assert any(isinstance(relation.decision, Refuted) for relation in found.relations)


def test_gamma_of_each_feature_does_not_leave_the_sums():
    right = tex(
        r"@{x_i} = \frac{1}{d\sqrt{\sigma^2+\epsilon}}\left(d\gamma_i @{y_i}"
        r" - \sum_{k=1}^d \gamma_k @{y_k} - \hat{x}_i\sum_{k=1}^d \gamma_k @{y_k}\hat{x}_k\right)"
    )
    wrong = right.replace(r"\frac{1}", r"\frac{\gamma_i}").replace(r"\gamma_k", "").replace(r"d\gamma_i", "d")
    assert of(right, LAYERNORM).verdict == "proved"
    assert of(wrong, LAYERNORM).verdict == "refuted"


def test_definitions_come_from_the_note():
    text = r"""
$$\mu = \frac{1}{N}\sum_{i=1}^N a_i$$

$$s = \sqrt{\frac{1}{N}\sum_{i=1}^N (a_i - \mu)^2}$$

$$z_i = \frac{a_i - \mu}{s}$$

$$\sum_{i=1}^N z_i^2 = N$$
"""
    assert verdicts(text) == ["definition"] * 3 + ["proved"]


def test_a_name_that_is_defined_anew_means_the_new_thing():
    text = r"""
$$r = \sqrt{\frac{1}{d}\sum_{i=1}^d x_i^2 + \epsilon}$$

$$y_i = \frac{x_i}{r}$$

$$\sum_{i=1}^d y_i^2 = d$$

$$r = \sqrt{\frac{1}{d}\sum_{i=1}^d x_i^2}$$

$$\sum_{i=1}^d y_i^2 = d$$
"""
    assert verdicts(text) == ["definition", "definition", "refuted", "definition", "proved"]


def test_what_is_said_of_a_name_by_itself_defines_nothing():
    """x = (x - mu)/s is no definition but an equation, and a false one, whatever true thing stands behind it."""
    found = of(r"\hat{x}_i = 2\hat{x}_i \quad\Rightarrow\quad \frac{\partial\mu}{\partial x_i} = \frac1m")
    assert [relation.verdict for relation in found.relations] == ["refuted", "proved"] and found.verdict == "refuted"


def test_a_definition_may_stand_below():
    text = r"""
$$\frac{\partial c_i}{\partial \mu} = -1$$

$$c_i = x_i - \mu$$
"""
    assert verdicts(text) == ["proved", "definition"]


UNDECIDED = {
    "an unknown name": (r"q = 3 q + 1", ""),
    "an unknown function": (r"\text{Frob}(x) = 2", "Frob is not defined"),
    "an ellipsis": (r"y_1 + \dots + y_m = 0", ""),
    "an integral": (r"\int x \, dx = 0", "int"),
    "an expression": (r"\frac{1}{m}\sum_i x_i", "it states nothing"),
    "an approximation": (r"\mu \approx 0", "how near"),
    "an order": (r"\|x\| = O(\sqrt{m})", "O"),
    "an assumption": (r"\sum_i x_i = 0", "it may be an assumption"),
}


@pytest.mark.parametrize(("latex", "reason"), UNDECIDED.values(), ids=UNDECIDED.keys())
def test_what_is_not_understood_is_undecided_with_its_reason(latex, reason):
    found = of(latex)
    assert found.verdict in ("undecided", "unread", "definition") and found.verdict != "refuted"
    assert reason in found.reason


def test_what_is_not_read_says_why():
    found = of(r"\frac{a}{b = c")
    assert found.verdict == "unread" and found.reason == "a brace that is not closed"


def test_the_relation_that_fails_is_pointed_at():
    found = of(tex(r"@{\beta} = \sum_i @{y_i} = @{y_i}"))
    first, second = found.relations
    assert (first.verdict, second.verdict) == ("proved", "refuted")
    assert found.formula.latex[second.offset] == "=" and second.offset > first.offset


def test_a_display_that_begins_with_a_relation_goes_on():
    text = BATCHNORM + "$$\n\\sum_i \\hat{x}_i\n$$\n\nand so\n\n$$\n= 0\n$$\n"
    assert verdicts(text) == ["undecided", "proved"]


def test_nothing_is_ever_proved_of_a_planted_error():
    """Every sign of the gradient flipped by itself: each is refuted."""
    right = FACT_C1
    places = [place for place, letter in enumerate(right) if letter == "-"]
    for place in places:
        wrong = right[:place] + "+" + right[place + 1 :]
        assert of(wrong).verdict == "refuted", wrong


def test_counts_of_formulas():
    assert len(checked("$$a = b$$ and $$c = d$$")) == 2


def test_nothing_is_proved_of_a_derivative_of_something_unknown():
    for latex in (
        r"\frac{\partial q_j}{\partial x_i} = 0",
        r"\nabla_x Q = 2 \nabla_x Q",
        r"\frac{\partial f}{\partial x_i} = 0",
    ):
        assert of(latex).verdict != "proved", latex


def test_f_is_a_loss_where_it_is_differentiated_and_nothing_is_said_of_it():
    assert of(FACT_C1.replace(r"\partial L", r"\partial f")).verdict == "proved"
    assert of(FACT_C1.replace(r"\partial L", r"\partial f").replace(r"- \hat", r"+ \hat")).verdict == "refuted"


def test_a_chain_may_introduce_a_name_behind_another():
    said = r"$$\text{RMS}(x) = r = \sqrt{\frac{1}{n}\sum_{i=1}^n x_i^2}$$"
    claim = r"$$\frac{\partial r}{\partial x_j} = \frac{x_j}{n r}$$"
    assert verdicts(f"{said}\n\n{claim}\n") == ["definition", "proved"]


def test_nothing_is_refuted_of_what_rests_on_a_name_of_which_nothing_is_said():
    said = r"$$\bar{x}_i = \frac{x_i}{r}, \quad y_i = g_i \bar{x}_i$$"
    claim = r"$$\sum_{i=1}^n \bar{x}_i^2 \le n$$"
    assert verdicts(f"{said}\n\n{claim}\n") == ["definition", "undecided"]


def test_a_letter_that_is_differentiated_is_not_read_as_the_size_of_the_note():
    text = r"""
$\mu = \frac1m\sum_{i=1}^m x_i$, $\sigma^2 = \frac1m\sum_{i=1}^m (x_i-\mu)^2$.

$$
d\mu = \frac1m\sum_{i=1}^m dx_i
$$

$$
ddx^2 = \frac1m\sum_{i=1}^m (x_i-\mu)\,\sigma_i
$$
"""
    assert verdicts(text) == ["proved", "undecided"]


def test_a_delta_with_two_indices_is_what_the_note_says():
    said = r"$y_{ij} = \gamma_j x_{ij}$ and $\delta_{ij} = \partial L/\partial y_{ij}$."
    claim = r"$$\frac{\partial L}{\partial \gamma_j} = \sum_{i=1}^N \delta_{ij} x_{ij}$$"
    assert verdicts(f"{said}\n\n{claim}\n\n{claim.replace('= ', '= -')}") == ["proved", "refuted"]


def test_a_second_formula_for_a_function_is_a_claim_where_both_are_made_of_the_same():
    first = r"$$\text{RMS}(x) = \sqrt{\frac1d\sum_{i=1}^d x_i^2}$$ With the mean $\mu$ of $x$ and"
    said = r"$\mu = \frac1d\sum_i x_i$, $\sigma^2 = \frac1d\sum_i (x_i - \mu)^2$:"
    claim = r"$$\text{RMS}(x) = \sqrt{\mu^2 + \sigma^2}$$"
    found = verdicts(f"{first}\n{said}\n\n{claim}\n\n{claim.replace('sigma^2', 'sigma')}")
    assert found == ["definition", "proved", "refuted"]


def test_the_mean_of_what_is_defined_is_claimed_and_not_defined():
    said = r"$\bar x = \frac1n\sum_i x_i$, $s^2 = \frac1n\sum_i (x_i - \bar x)^2$, $z_i = a x_i + b$."
    claims = r"$$\bar z = a \bar x + b$$ $$\bar z = a \bar x$$ $$s_z^2 = a s^2$$"
    assert verdicts(f"{said}\n\n{claims}") == ["proved", "refuted", "undecided"]


def test_a_size_that_a_name_rests_on_may_have_two_letters():
    said = r"$y = W x$, $\mu = \frac1m \sum_i y_i$ and $\sigma^2 = \frac1m \sum_i (y_i - \mu)^2$."
    assert verdicts(rf"{said} $$\sigma^2 \le \frac1m \sum_i y_i^2$$") == ["proved"]


def test_the_jacobian_of_a_function_of_the_note_is_no_new_name():
    said = r"$f(x) = x / \|x\|$ with $x \in \mathbb{R}^n$."
    assert verdicts(rf"{said} $$J_f(x) = \frac{{1}}{{\|x\|}}(I - x x^T)$$") == ["undecided"]


def test_documents_are_checked_in_threads():
    text = BATCHNORM + "\n\n$$" + tex(r"@{x_i} = \frac{\gamma}{\sqrt{\sigma^2}} (@{y_i} - \sum_j @{y_j})") + "$$\n"
    with ThreadPoolExecutor(4) as pool:
        found = [[str(each.relations) for each in one] for one in pool.map(checked, [text] * 12)]
    assert found == [found[0]] * 12
    assert "refuted" in found[0][0]
