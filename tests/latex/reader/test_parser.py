"""LaTeX as people write it, and the tree that it is read into."""

import random

import pytest

from derive.latex.reader import Unread, parse
from derive.latex.reader.expand import Macro
from derive.latex.reader.tokens import Token, tokens
from tests.latex.reader.shape import read, shape

READ = {
    # names, numbers, scripts
    r"x_i^2": "x_i^2",
    r"x^2_i": "x_i^2",
    r"\hat{x}_i": "x.hat_i",
    r"\hat{x_i}": "x.hat_i",
    r"\hat x_{ij}": "x.hat_(i j)",
    r"\bar{\hat{\mathbf{x}}}^T": "x.hat.bar^T",
    r"\widehat{\sigma^2}": "sigma.hat^2",
    r"x'_i": "x'_i",
    r"x_i'": "x'_i",
    r"x_{n'c'h'}": "x_(n' c' h')",
    r"x^{(i)}": "x^( i )",
    r"\mathbf{x}_i": "x_i",
    r"\mathbf{x_i}": "x_i",
    r"\text{Var}[x]": "(Var [ x ])",
    r"\text{running\_mean}_c": "running_mean_c",
    r"\operatorname{LN}(x)_i": "(LN ( x )_i)",
    r"0.5x": "(1/2 x)",
    r"\frac12": "[1 over 2]",
    r"\frac1N": "[1 over N]",
    r"x_12": "(x_1 2)",
    r"2^k": "2^k",
    r"W^*": "W^*",
    "σ²": "sigma^2",
    "x̂ᵢ": "x.hat_i",
    # sums, products, signs
    r"-a + b - c": "(-a +b -c)",
    r"a \cdot -b": r"(a \cdot (-b))",
    r"a b / c d": "(a b / c d)",
    r"a \odot b": r"(a \odot b)",
    r"\pm a": r"(\pma)",
    r"{a \over b}": "[a over b]",
    # derivatives
    r"\frac{\partial L}{\partial x_i}": "[d<L> over d<x_i>]",
    r"\frac{\partial^2 L}{\partial x_i \partial x_j}": "[d2<L> over (d<x_i> d<x_j>)]",
    r"\frac{\partial}{\partial x_i} (x_j - \mu)": "([d<nothing> over d<x_i>] ( (+x_j -mu) ))",
    r"\frac{\partial (x_j-\mu)}{\partial x_i}": "[d<( (+x_j -mu) )> over d<x_i>]",
    r"\frac{\partial \text{BN}((aW)u)}{\partial (aW)}": "[d<(BN ( (( (a W) ) u) ))> over d<( (a W) )>]",
    r"\partial L/\partial x_i": "[d<L> over d<x_i>]",
    r"\partial L/\partial y_i \cdot g": r"([d<L> over d<y_i>] \cdot g)",
    r"\partial^2 L/(\partial x_i \partial x_j)": "[d2<L> over (d<x_i> d<x_j>)]",
    r"{a + b \over c + d} + e": "(+[(+a +b) over (+c +d)] +e)",
    "dL/dx_i": "[(d L) over (d x_i)]",
    r"\sum_{1 \le i \le m} a": "sum_i = 1^m[a]",
    r"\sum_{0 \le i < m} a": "sum_i = 0^(+m -1)[a]",
    r"\sum_{i \in [m]} a": "sum_i = 1^m[a]",
    r"\sum_{i = 1, 2, \dots, m} a": "sum_i = 1^m[a]",
    r"\sum_{i \in \{2, \dots, m\}} a": "sum_i = 2^m[a]",
    r"\sum_{i = 1, j = 0}^m a": "sum_i = 1^m[sum_j = 0^m[a]]",
    r"\sum_{i = 1, i \ne k}^m a": r"sum_i \ne k^m[a]",
    r"\sum_{i: i \ne k} a": r"sum_i \ne k[a]",
    "∂L/∂xᵢ": "[d<L> over d<x_i>]",
    r"\nabla_x L": "nabla_x<L>",
    r"\nabla_{y_j}\hat{\mathcal{L}}": "nabla_y_j<L.hat>",
    r"\nabla^2 L": "nabla<L>",
    r"\frac{dL}{dx}": "[(d L) over (d x)]",
    # operators
    r"\sum_{i=1}^m x_i y_i + c": "(+sum_i = 1^m[(x_i y_i)] +c)",
    r"\sum\limits_{i=1}^m x_i": "sum_i = 1^m[x_i]",
    r"\sum^m_{i=1} x_i": "sum_i = 1^m[x_i]",
    r"\sum_{n,h,w} x_{nchw}": "sum_n, h, w[x_(n c h w)]",
    r"\sum_i \sum_j a_{ij}": "sum_i[sum_j[a_(i j)]]",
    r"\sum_{j \neq i} x_j": r"sum_j \neq i[x_j]",
    r"\sum x": "sum[x]",
    r"\sum_i -2 x_i + c": "(+sum_i[(-(2 x_i))] +c)",
    r"\max_{i} x_i": "max_i[x_i]",
    r"\max(x)": "(max ( x ))",
    r"\arg\max_k p_k": "argmax_k[p_k]",
    r"\log p_i + 1": "(+log:p_i +1)",
    r"log(y_i)": "log:( y_i )",
    r"\log \sum_j e^{x_j}": "log:sum_j[e^x_j]",
    r"\exp(-x)": "exp:( (-x) )",
    r"\sqrt{a + b}": "root((+a +b))",
    r"\sqrt[3]{a}": "root3(a)",
    # delimiters
    r"\left( a \right)": "( a )",
    r"\left[ a \right]^2": "[ a ]^2",
    r"|x|": "| x |",
    r"\|x\|_2^2": r"\| x \|_2^2",
    r"||x||^2": r"\| x \|^2",
    r"\lVert x \rVert": r"\| x \|",
    r"\rVert x \rVert": r"\| x \|",
    r"\Vert x \Vert \cdot |y|": r"(\| x \| \cdot | y |)",
    r"|a||b|": "(| a | | b |)",
    r"\langle a, b \rangle": r"\langle a, b \rangle",
    r"\left\langle a, b \right\rangle^2": r"\langle a, b \rangle^2",
    r"1[b = k]": "(1 [ b = k ])",
    r"\mathbb{1}\{i = j\}": r"(1 \{ i = j \})",
    r"\delta_{ij}": "delta_(i j)",
    r"\frac{\partial L}{\partial x}\Big|_{x=0}": "[d<L> over d<x>]|_x = 0",
    r"\underbrace{a + b}_{\text{why}} c": "((+a +b)# c)",
    r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}": "bmatrix[a & b / c & d]",
    r"x = \begin{cases} a & b > 0 \\ c & \text{else} \end{cases}": 'x = cases[a & b > 0 / c & "else"]',
    # chains and statements
    r"a = b = c": "a = b = c",
    r"= b": "nothing = b",
    r"a \le b < c": r"a \le b < c",
    r"a := b": "a := b",
    r"a \overset{(1)}{=} b": "a = b",
    r"\boxed{a = b}": "a = b",
    r"\mathbf{ a = b }": "a = b",
    r"\mathbf{- a b}": "(-(a b))",
    r"a = b, \quad c = d": "a = b ; c = d",
    r"a = b \Rightarrow c = d": "a = b ; c = d",
    r"a = b, \text{ for all } i": "a = b",
    r"a, b > 0": "a, b > 0",
    r"a = b. \tag{3}": "a = b",
    r"\begin{aligned} a &= b \\ &= c \end{aligned}": "a = b = c",
    r"\begin{align} a &= b \\ &\quad + c \\ d &= e \end{align}": "a = (+b +c) ; d = e",
    r"a &= b \\ &= c": "a = b = c",
    r"a &= b & c &= d": "a = b ; c = d",
    r"a = \\ b": "a = b",
    r"Sigmoid: f = g": "f = g",
    r"\text{LN}(x) = y": "(LN ( x )) = y",
    r"\textcolor{red}{a} + \color{blue} b": "(+a +b)",
}


@pytest.mark.parametrize(("latex", "expected"), READ.items(), ids=READ.keys())
def test_what_is_read(latex, expected):
    assert read(latex) == expected


def test_remarks_are_kept():
    (statement,) = parse(r"\forall k > 0, \quad a = b \quad \text{for all } i")
    assert [type(remark).__name__ for remark in statement.remarks] == ["Chain", "Words", "Name"]


def test_places_point_into_the_text():
    latex = r"a = \frac{b}{c} + \hat{x}_i"
    (statement,) = parse(latex)
    right = statement.chain.sides[1]
    assert [latex[term.start : term.end] for term in right.terms] == [r"\frac{b}{c}", r"\hat{x}_i"]


UNREAD = {
    r"\sqrt{a": "a brace that is not closed",
    r"[a": "[ is not closed",
    r"a ]": "] stands where nothing like it can stand",
    r"a +": "something is missing at the end",
    r"\frac{a}": "an argument is missing",
    r"a \unheard b": r"\unheard is not read",
    r"x_i_j": "two subscripts",
    r"\left( a": "( is not closed",
    "a \x01": "the character U+0001 is not read",
    r"\begin{tikzpicture} a \end{tikzpicture}": "the environment tikzpicture is not read",
}


@pytest.mark.parametrize(("latex", "reason"), UNREAD.items(), ids=map(repr, UNREAD))
def test_what_is_not_read_is_said_and_pointed_at(latex, reason):
    with pytest.raises(Unread) as caught:
        parse(latex)
    assert caught.value.reason == reason
    assert 0 <= caught.value.start < caught.value.end <= len(latex)


def test_macros():
    macros = {
        "half": Macro(1, tuple(_body(r"\frac{#1}{2}"))),
        "mean": Macro(0, tuple(_body(r"\mu"))),
    }
    (statement,) = parse(r"\half{x_i} = \mean", macros)
    assert shape(statement.chain) == "[x_i over 2] = mu"


def _body(text):
    found = [*tokens(text)]
    out = []
    for place, token in enumerate(found):
        if token.is_sign("#"):
            continue
        number = place > 0 and found[place - 1].is_sign("#")
        out.append(Token("parameter", token.text, token.start, token.end) if number else token)
    return out


def test_a_macro_bomb_ends():
    bomb = {chr(97 + place): Macro(0, tuple(tokens(f"\\{chr(98 + place)} " * 10))) for place in range(20)}
    with pytest.raises(Unread, match="macros that grow beyond all bounds"):
        parse(r"\a", bomb)


HOSTILE = {
    "deep braces": "{" * 2_000 + "}" * 2_000,
    "deep parentheses": "(" * 2_000 + ")" * 2_000,
    "deep fractions": r"\frac{1}{" * 2_000 + "}" * 2_000,
    "deep roots": r"\sqrt{" * 2_000 + "}" * 2_000,
    "deep fonts": r"\mathbf{" * 2_000 + "}" * 2_000,
    "tower": "x" + "^{x" * 5_000 + "}" * 5_000,
    "many digits": "1" * 20_000,
    "open braces": "{" * 20_000,
    "open bars": "|" * 5_001,
    "deep sums": r"\sum " * 5_000,
    "deep accents": r"\hat " * 5_000,
    "deep signs": "a" + r"\cdot -" * 5_000,
    "deep logs": r"\log " * 5_000,
    "deep tables": r"\begin{matrix}" * 5_000,
}


@pytest.mark.parametrize("latex", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_refused_in_a_sentence(latex):
    with pytest.raises(Unread):
        parse(latex)


def test_many_terms():
    (statement,) = parse("a = " + " + ".join(["x_i"] * 2_000))
    assert len(statement.chain.sides[1].terms) == 2_000
    with pytest.raises(Unread, match="more than 10000 tokens"):
        parse("a = " + " + ".join(["x_i"] * 100_000))


PIECES = [*"{}()[]|_^&=+-/'.,:;x1", r"\frac", r"\hat", r"\sum", r"\left", r"\right", r"\\", r"\partial", r"\|"]
PIECES += [r"\text", r"\begin{align}", r"\end{align}", r"\sqrt", r"\langle", r"\rangle", r"\mathbf", r"\log", r"\over"]


def test_anything_is_read_or_refused():
    """Random pieces of LaTeX: no error but Unread, and the tree lies within the text."""
    draw = random.Random(0)
    for _ in range(2_000):
        latex = " ".join(draw.choices(PIECES, k=draw.randint(1, 25)))
        try:
            found = parse(latex)
        except Unread as error:
            assert error.reason and 0 <= error.start <= len(latex), latex
            continue
        for statement in found:
            assert all(0 <= node.start <= node.end <= len(latex) for node in statement.chain.walk()), latex


def _places(latex: str, offset: int) -> list[int]:
    """Where all nodes begin and end, or where reading failed, without the offset."""
    try:
        found = parse(latex, offset=offset)
    except Unread as error:
        return [error.start - offset, error.end - offset]
    nodes = (node for statement in found for part in (statement, *statement.remarks) for node in part.walk())
    return [place - offset for node in nodes for place in (node.start, node.end)]


def test_an_offset_is_added_to_every_place():
    draw = random.Random(1)
    for _ in range(1_000):
        latex = " ".join(draw.choices(PIECES, k=draw.randint(1, 25)))
        assert _places(latex, 5_000) == _places(latex, 0), latex
