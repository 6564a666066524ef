"""Commands of packages, backslashes doubled for Markdown, decimal commas, and braces that hold a sign only."""

import pytest

from derive.latex.reader import Unread, parse
from tests.latex.reader.shape import read, shape

READ = {
    # the packages physics, derivative, diffcoeff and commath
    r"\pdv{L}{x_i} = \dv{L}{x}": "[d<L> over d<x_i>] = [(d L) over (d x)]",
    r"\pdv[2]{L}{x}": "[d2<L> over d<x^2>]",
    r"\pdv{L}{x}{y} = \pdv{L}{x,y}": "[d2<L> over (d<x> d<y>)] = [d2<L> over (d<x> d<y>)]",
    r"\dv{x} y^2": "([d over (d x)] y^2)",
    r"\frac{\pd L}{\pd x} = \pd{L}{x}": "[d<L> over d<x>] = [d<L> over d<x>]",
    r"\diff x = \diff{y}{x}": "(d x) = [(d y) over (d x)]",
    r"\qty(\vb{x} - \vb*{y}) \vdot \bm{z}": r"(( (+x -y) ) \cdot z)",
    r"\qty{a + b} + \flatfrac{a}{b} + \vu{x} + \abs\big{x}": "(+{ (+a +b) } +[a over b] +x.hat +| x |)",
    # what is doubled for Markdown
    r"\left\\{ a_i \right\\} = \\{ b \\}": r"\{ a_i \} = \{ b \}",
    r"x\\_i \\, y\\^2": "(x_i y^2)",
    r"\\|x\\|^2 = 1": r"\| x \|^2 = 1",
    r"a = b \\{\bf c} = d": "a = b ; c = d",
    r"a &= |b| \\|c| &= d": "a = | b | ; | c | = d",
    # decimal commas
    "a = 0,25": "a = 1/4",
    r"\frac{1,5}{m}": "[3/2 over m]",
    "x_{1,2} = f(0,5)": "x_1, 2 = (f ( 0, 5 ))",
    "i = 0,1": "i = 0 ; 1",
    "a = 1, b = 2": "a = 1 ; b = 2",
    "a = 1，2": "a = 1",
    # looks
    r"a {=} b {+} c": "a = (+b +c)",
    r"\color{blue}{s^2} \color{black}{=} \bbox[yellow]{1 + t}": "{ s^2 } = { (+1 +t) }",
    r"\fcolorbox{a}{b}{x} = y": "x = y",
    r"a = b \\ {} - c": "a = (+b -c)",
    "a <br> b": "(a b)",
    r"a = b. \intertext{Hence $n > 0$,} c = d": "a = b ; c = d",
}


@pytest.mark.parametrize(("latex", "expected"), READ.items(), ids=READ)
def test_what_is_read(latex, expected):
    assert read(latex) == expected


def test_text_between_rows_is_a_remark():
    first, _ = parse(r"a = b \shortintertext{und damit} c = d")
    assert [shape(remark).strip('"') for remark in first.remarks] == ["und damit"]


@pytest.mark.parametrize("latex", ["a = 1,000", r"\pdv[3]{f}{x}{y}"])
def test_what_could_be_misread_is_not_read(latex):
    with pytest.raises(Unread):
        parse(latex)
