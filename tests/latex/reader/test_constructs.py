"""What people write beside plain LaTeX: other alphabets, code, conditions, texts, brackets that do not match."""

import pytest

from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from tests.latex.reader.shape import read, shape

READ = {
    # letters and signs that are characters
    "ŷᵢ = x̂₁₂": "y.hat_i = x.hat_12",
    "10⁻⁵": "10^(-5)",
    "a。": "a",
    "（a＋b）＝c": "( (+a +b) ) = c",
    "√(a + b)": "root(( (+a +b) ))",
    "f′(x)": "(f' ( x ))",
    "x_1 &lt; 2": "x_1 < 2",
    "损失 = x": "损失 = x",
    r"\frac{x}{样本数}": "[x over 样本数]",
    # numbers
    "1e-5": "1/100000",
    "2e": "(2 e)",
    "0{,}5": "1/2",
    "x^-1": "x^(-1)",
    # fonts
    r"{\rm Var}[x] = \mathrm{softmax(x)} + \mathrm{diag}(y)": "(Var [ x ]) = (+{ (softmax ( x )) } +(diag ( y )))",
    r"{\bf x}^T {\cal L}": "(x^T L)",
    r"\mathrm{d}x": "(d x)",
    r"\operatorname*{arg\,max}_k p_k": "argmax_k[p_k]",
    # space
    r"a \phantom{b} c": "(a c)",
    r"a \hspace{2pt} c \mkern-3mu d": "(a c d)",
    r"a = b \hspace{2em} c = d": "a = b ; c = d",
    # functions
    r"\log_2 x": "log_2:x",
    r"\log p(x)": "log:(p ( x ))",
    r"\log 2\pi x": "(log:(2 pi) x)",
    r"\tanh'(x)": "tanh':( x )",
    r"\partial_x f": "[d<f> over d<x>]",
    r"\nabla f(y)^T (x - y)": "(nabla<(f ( y )^T)> ( (+x -y) ))",
    r"\norm{x}^2 = \pdv{L}{x}": r"\| x \|^2 = [d<L> over d<x>]",
    r"\mathbf{X}.\text{transpose}(-2,-1)": "X^T",
    # bars and brackets
    r"p(a \mid b) = p(a|b)": "(p ( a | b )) = (p ( a | b ))",
    r"K(p||q) = K(p \| q) = K(p \parallel q)": "(K ( p || q )) = (K ( p || q )) = (K ( p || q ))",
    r"\rvert f(x) - \nabla f(y)^T(x - y)\rvert \le \rVert x - y\rVert^2": (
        r"| (+(f ( x )) -(nabla<(f ( y )^T)> ( (+x -y) ))) | \le \| (+x -y) \|^2"
    ),
    r"\lvert a - b\lvert": "| (+a -b) |",
    r"(|x| + ||y||)": r"( (+| x | +\| y \|) )",
    r"\langle x | y \rangle": r"\langle x | y \rangle",
    r"<x, y>": r"\langle x, y \rangle",
    r"\frac1m<1, g>^2": r"([1 over m] \langle 1, g \rangle^2)",
    r"a < b, c > d": "a < b ; c > d",
    r"\left<a, b\right>": r"\langle a, b \rangle",
    r"J[:, i] = J_{1:n}": "(J [ :, i ]) = J_1:n",
    r"[0, 1)": "[ 0, 1 )",
    r"(a + b": "( (+a +b) }",
    r"a \cdot b) + c": r"(+{ (a \cdot b) ) +c)",
    # relations
    "a += b": "a += b",
    r"\bar{W} \mathrel{+}= b": "W.bar += b",
    r"a \not= b": r"a \neq b",
    r"a \overset{\text{def}}{=} b \stackrel{!}{=} c": "a := b =! c",
    r"a \xlongequal{(1)} b \xrightarrow{f} c": r"a = b \rightarrow c",
    # statements
    r"\begin{cases} a = b \\ c = d \end{cases}": "a = b ; c = d",
    r"\left\{\begin{array}{l} a = b \\ c = d \end{array}\right.": "a = b ; c = d",
    r"\begin{array}{rcl} a &=& b \\ &=& c \end{array}": "a = b = c",
    r"f = \left\{\begin{array}{ll} a & b > 0 \\ c & d \end{array}\right.": r"f = \{ array[a & b > 0 / c & d] .",
}


@pytest.mark.parametrize(("latex", "expected"), READ.items(), ids=READ)
def test_what_is_read(latex, expected):
    assert read(latex) == expected


REMARKS = {
    r"a_i = b_i \quad \text{if } i = j": ["if", "i = j"],
    r"a_i = b_i, \quad i \ne j": [r"i \ne j"],
    r"a_i = b_i \quad (i = 1, \dots, m)": ["( i = 1, ..., m )"],
    r"i = j \Rightarrow a_i = b_i": ["i = j"],
    r"\text{if } i = j: \\ & a_i = b_i": ["if", "i = j"],
    r"\forall i \neq j: a_i = b_i": [r"i \neq j"],
    r"当 i = j 时，a_i = b_i": ["当", "i = j", "时"],
    r"\text{其中} a_i = b_i \text{ und }": ["其中", "und"],
    r"a_i = b_i \text{ y }": ["y"],
    r"a_i = b_i \text{for $i = j$}": ["for", "i = j"],
}


@pytest.mark.parametrize(("latex", "expected"), REMARKS.items(), ids=REMARKS)
def test_conditions_and_texts_are_remarks(latex, expected):
    (statement,) = parse(latex)
    assert shape(statement.chain) == "a_i = b_i"
    assert [shape(remark).strip('"') for remark in statement.remarks] == expected


def test_a_condition_alone_is_a_statement():
    assert read("i = j") == "i = j"


@pytest.mark.parametrize("latex", [r"\mathbf{X}.\text{transpose}(0, 2)", r"\not a", "x_1e-5"])
def test_what_could_be_misread_is_not_read(latex):
    with pytest.raises(Unread):
        parse(latex)


def test_brackets_that_do_not_match_are_seen():
    assert tree.is_unbalanced(parse("a) + b = c")[0].chain)
    assert not tree.is_unbalanced(parse(r"{a} (b) [0, 1) \left. c \right|")[0].chain)


ENUMERATED = r"& 1) 当 i = j 时，a_i = b_i \\ & c = d, for~ i = 1, \dots, m"


def test_numbers_of_cases_and_words_without_a_command_are_remarks():
    first, second = parse(ENUMERATED)
    assert (shape(first.chain), shape(second.chain)) == ("a_i = b_i", "c = d")
    assert "i = j" in map(shape, first.remarks)
