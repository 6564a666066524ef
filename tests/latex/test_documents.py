"""Derivations line up, reasons can't break them, and documents compile."""

import shutil
import subprocess

import pytest

from derive.language import Derivative, LanguageError, Scalar, mean
from derive.latex import align, claim_latex, document, latex
from derive.layers import batchnorm

x = Scalar("x")
LAYER = batchnorm()
b, k = LAYER.indices("b k")
HOSTILE = r"50% of a_b & c^2 <~> {x} #1 $ |\end{document}| by `mu`"


def derivation(**options: str) -> str:
    return align(
        [
            (x + x, "=", 2 * x, "like terms, $1 + 1 = 2$"),
            (None, "<=", (2 * x) ** 2, HOSTILE),
            (None, "!=", LAYER.yhat[b] / LAYER.s, ""),
        ],
        **options,
    )


def test_align():
    assert derivation() == (
        r"""\begin{align*}
x + x &= 2 x && \text{(like terms, $1 + 1 = 2$)} \\
&\le (2 x)^2 && \text{(50\% of a\_b \& c\textasciicircum{}2 $<$\textasciitilde{}$>$ \{x\} \#1 \$ """
        r"""$|$\textbackslash{}end\{document\}$|$ by `mu`)} \\
&\ne \frac{\hat{y}_b}{s}
\end{align*}"""
    )


def test_aligned():
    written = derivation(environment="aligned")
    assert written == derivation().replace("align*", "aligned")


def test_align_writes_sums_out_if_asked():
    product = mean(LAYER.y[k] ** 2, k)
    assert r"\lVert y \rVert^2" in align([(x, "=", product, "")])
    assert r"\sum_{k=1}^{m} y_k^2" in align([(x, "=", product, "")], products=False)


def test_align_names_the_environments_it_has():
    with pytest.raises(LanguageError, match=r"^gather is not an environment for a derivation; use align\* or aligned$"):
        derivation(environment="gather")


def test_align_names_the_relations_it_has():
    with pytest.raises(LanguageError, match=r"^<=> is not a relation; use one of = <= >= < > !=$"):
        align([(x, "<=>", x, "")])


def test_derivations_render(katex):
    assert katex([derivation(), derivation(environment="aligned")]) == [None, None]


def test_document():
    assert document(["First.", r"\[ x \]"], "A & B") == (
        r"""\documentclass{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath}
\usepackage{amssymb}
\allowdisplaybreaks
\title{A \& B}
\author{}
\date{}
\begin{document}
\maketitle

First.

\[ x \]

\end{document}
"""
    )


@pytest.mark.slow
def test_document_compiles(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed, so no document can be compiled")
    claim = claim_latex((LAYER.s > 0).given(LAYER.epsilon > 0, LAYER.y[b] > 0), quantifiers=True)
    steps = [latex(step.definition.body) for step in LAYER.steps]
    jacobian = latex(Derivative(LAYER.yhat[b], LAYER.y[k]))
    displays = [rf"\[ {formula} \]" for formula in (claim, jacobian, *steps)]
    (tmp_path / "note.tex").write_text(document([*displays, derivation()], HOSTILE))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "note.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "note.pdf").read_bytes().startswith(b"%PDF")
