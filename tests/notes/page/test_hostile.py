"""Nothing in a note can run, load, or lead anywhere but to pages: not its text, formulas, links, or the file's name."""

import re

import pytest

from derive.notes.page.mathml import mathml
from tests.notes.page.reading import parsed, read, written

INERT = {
    *"html head meta title style body header article footer aside nav fieldset legend input label main".split(),
    *"h1 h2 h3 h4 h5 h6 p div span a code pre mark details summary b i em strong ol ul li blockquote hr br".split(),
    *"table thead tbody tr th td s u sub sup".split(),
    *"math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover".split(),
    *"mtable mtr mtd mphantom mpadded mstyle".split(),
}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '![x](x" onerror="alert(1))',
    '[x](http://a "\\" onmouseover=alert(1)")',
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\href{javascript:alert(1)}{x} = 1$$",
    "$\\operatorname{<script>alert(1)</script>}(x)$",
    "$$\\text{</math><script>alert(1)</script>} = 1$$",
    '$$\\class{" onclick="alert(1)}{x} = 1$$',
    "$$\\style{background:url(http://a)}{x} = 1$$",
    "$$\\begin{array}{<script>}x\\end{array} = 1$$",
    "$$\\unknown{<script>alert(1)</script>} = 1$$",
    '$$\\operatorname{\\"><img src=x onerror=alert(1)>}(x) = 1$$',
    "</article></body><script>alert(1)</script>",
    "<style>* { display: none }</style>",
    "<div style='position:fixed;inset:0' class='verdict' id='show-all'>x</div>",
    "<form action=http://a><input name=x><button>x</button></form>",
    "<base href=http://a>",
    "<meta http-equiv=refresh content='0;url=http://a'>",
    "<details open ontoggle=alert(1)>x</details>",
    "<b onclick=alert(1)>x</b>",
    "a <b> b <i> c",
    "```<script>\n<script>alert(1)</script>\n```",
    "|<script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "---\ntitle: </title><script>alert(1)</script>\nlang: '\"><script>'\n---\n",
    "# <script>alert(1)</script>",
    '# x" onclick="alert(1)',
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?x <script>alert(1)</script> ?>",
    "\ue000<script>\ue001",
]


def check_inert(found) -> None:
    for element in found.every():
        assert element.tag in INERT or element.tag == "", element.tag
        for name, value in element.attributes.items():
            assert not name.startswith("on") and name not in ("src", "style", "action", "srcset", "xlink:href"), name
            if name == "href":
                assert re.match(r"#|https?://|mailto:|[^:]*$", value), value
    assert len(found.of("style")) == 1 and len(found.of("body")) == 1 and len(found.of("article")) == 1
    ids = [each.attributes["id"] for each in found.every() if "id" in each.attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("ending", [".md", ".tex", ".rst"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_note_says_is_inert(attack, ending):
    check_inert(read(f"{attack}\n\n$$1 + 1 = 2$$\n", ending))


def test_all_attacks_together_are_inert():
    check_inert(read("\n\n".join(ATTACKS)))


def test_the_name_of_a_file_and_reasons_are_inert():
    found = read("$$\n\\text{<b>x</b>} \\wat{<script>}\n$$\n", name="<script>alert(1)</script>.md")
    check_inert(found)
    assert "<script>alert(1)</script>.md" in found.of("header")[0].text


def test_text_that_runs_backwards_is_shown_as_what_it_is():
    assert "\u202e" not in written("a \u202e b `\u2066`\n")


@pytest.mark.parametrize(
    "latex",
    ["{" * 20_000, "\\hat" * 4_000 + " x", "\\frac{1}" * 4_000 + "x", "x^{" * 2_000 + "}" * 2_000, "\\left(" * 3_000]
    + [
        "\\begin{matrix}" * 2_000,
        "x + " * 50_000,
        "\\def\\a{\\a\\a}\\a",
        "\\newcommand{\\b}{\\b}\\b",
        "\x00\x01",
        "'" * 9_000,
    ],
    ids=lambda latex: latex[:12].encode("unicode_escape").decode(),
)
def test_formulas_that_would_bring_a_converter_down_are_shown_as_their_source(latex):
    shown = mathml(latex, display=True)
    if shown is not None:
        check = parsed(shown)
        assert {each.tag for each in check.every()} <= INERT | {""}
