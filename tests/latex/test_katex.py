"""The KaTeX fixture accepts what renders, and gives KaTeX's own message for what does not."""


def test_katex_renders_a_formula(katex):
    assert katex([r"\frac{\gamma}{s} \left(g_b - \frac{1}{m} \sum_{k=1}^m g_k\right)", r"\hat y"]) == [None, None]


def test_katex_says_what_is_wrong(katex):
    unknown, open_brace, unicode_text = katex([r"\nosuchmacro", r"\frac{1}{m", r"σ é"])
    assert "Undefined control sequence: \\nosuchmacro" in unknown
    assert "KaTeX parse error" in open_brace
    assert "LaTeX-incompatible input" in unicode_text
