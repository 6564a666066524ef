"""What is no claim about a layer is named for what it is, and never guessed."""

import pytest

from tests.notes.note import BATCHNORM, checked, of

NAMED = {
    r"T(n) = O(n \log n)": "of what order",
    r"\|x\| = \mathcal{O}(\sqrt{m})": "of what order",
    r"\epsilon = 10^{-5}": "a setting",
    r"\eta = 3 \times 10^{-4}": "a setting",
    r"\text{lr} = 0.1": "a setting",
    r"m = 32": "a setting: the size m",
    r"\text{batch size} = 128": "a setting",
    r"\text{accuracy} = 0.93": "measured",
    r"\mu = 0": "an assumption",
    r"\|f(x) - f(y)\| \le K \|x - y\|": "f is Lipschitz",
    r"|Q(x) - Q(z)| \le K \|x - z\|": "Q is Lipschitz",
    r"\|\nabla f(x) - \nabla f(y)\| \le \beta \|x - y\|": "f is smooth",
    r"K \|x - y\|^2 \ge \|\nabla f(x) - \nabla f(y)\|^2": "f is smooth",
    r"|f(x) - f(y) - \nabla f(y)^T (x - y)| \le \frac{\beta}{2} \|x - y\|^2": "smooth",
    r"f(y) \ge f(x) + \nabla f(x)^T (y - x)": "convex",
    r"f(y) \le f(x) + \nabla f(x)^T (y - x) + \frac{\beta}{2}\|y - x\|^2": "smooth",
    r"f(\lambda x + (1 - \lambda) y) \le \lambda f(x) + (1 - \lambda) f(y)": "convex",
    r"\|\nabla f(x)\| \le G": "bounds the length of a gradient",
    r"\theta_{t+1} = \theta_t - \eta \nabla L(\theta_t)": "an update",
    r"\theta^{(k+1)} = \theta^{(k)} - \eta g": "an update",
    r"w = w - \eta \frac{\partial L}{\partial w}": "an update",
    r"\sigma^2 = \sigma^2 + \epsilon": "an update",
    r"W \mathrel{+}= G": "an update",
    r"\hat{x}_i \sim \mathcal{N}(0, 1)": r"drawn from \mathcal{N}(0, 1)",
    r"\mathcal{L} \to 0": "limits",
    r"\epsilon \ll \sigma^2": "how much smaller",
    r"\sigma^2 \propto m": "a factor",
    r"\mu \ne 0": "differ",
}


@pytest.mark.parametrize(("latex", "reason"), NAMED.items())
@pytest.mark.parametrize("context", ["", BATCHNORM], ids=["alone", "beside a layer"])
def test_what_is_no_claim_is_named(latex, reason, context):
    found = of(latex, context)
    assert found.verdict == "undecided" and reason in found.reason, found.reason


def test_an_update_with_an_arrow_is_a_definition_and_is_named():
    found = of(r"\theta \leftarrow \theta - \eta g")
    assert found.verdict == "definition" and "an update" in found.reason


CLAIMS = {
    r"\|y\|^2 \le (\|y\| + 1)^2": "proved",
    r"\sum_i \hat{x}_i = 1": "refuted",
    r"\|\hat{x}\|^2 = m": "refuted",
    r"\hat{x}_i = \hat{x}_i - 1 + 1": "proved",
    r"\text{so} = 3": "refuted",
}


@pytest.mark.parametrize(("latex", "verdict"), CLAIMS.items())
def test_claims_are_judged(latex, verdict):
    text = f"{BATCHNORM}\n\n$$\nm = m\n$$\n\n$$\n{latex}\n$$\n"
    assert checked(text)[-1].verdict == verdict


def test_a_function_that_the_note_defines_is_no_assumption():
    text = r"$f(x) = 2 x$ $$|f(x) - f(y)| \le 2 |x - y|$$ $$|f(x) - f(y)| \le |x - y|$$"
    assert not any("assumption" in each.reason for each in checked(text))


def test_a_setting_that_is_declared_is_no_setting():
    before = of(r"\epsilon = 10^{-5}")
    line = before.help.removeprefix("declare: ")
    (after,) = checked(f"<!-- {line} -->\n\n{BATCHNORM}\n\n$$\\epsilon = 10^{{-5}}$$")
    assert line == r"normproof: assume: \epsilon = 10^{-5}" and after.verdict == "proved", after.reason


def test_what_was_set_for_an_example_proves_nothing():
    (found,) = checked(BATCHNORM + r"with $\epsilon = 10^{-5}$: $$\sigma^2 + \epsilon \ge 10^{-5}$$")
    assert found.verdict != "proved"


def test_an_entry_of_a_matrix_may_be_written_without_its_indices():
    text = r"$a_{ij} = 1/(1+e^{-z_{ij}})$, $\sum_{i=1}^n \sum_{j=1}^n z_{ij} = t$. Then $$a(1-a) \le \frac14$$"
    (found,) = checked(text)
    assert found.verdict == "undecided" and found.help == "write the indices", found.reason
