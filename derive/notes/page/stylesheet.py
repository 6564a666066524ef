"""How an annotated page looks, light and dark, wide and narrow, on paper: texts have a contrast of at least 4.5."""

LIGHT = {
    "ground": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b1f24",
    "soft": "#545c66",
    "faint": "#d3d8de",
    "link": "#0060a8",
    "proved": "#116329",
    "definition": "#3d4a6b",
    "refuted": "#b3261e",
    "undecided": "#7a4d00",
    "unread": "#6b4a7a",
    "wrong": "#fbd9d5",
    "right": "#d5efdb",
    "blush": "#fdf5f4",
}
DARK = {
    "ground": "#14171b",
    "panel": "#1e2227",
    "ink": "#e6e9ed",
    "soft": "#a9b1bb",
    "faint": "#3a414a",
    "link": "#62b6f5",
    "proved": "#6fd08c",
    "definition": "#a9b8e0",
    "refuted": "#ff8a80",
    "undecided": "#f0b95c",
    "unread": "#d0a6e6",
    "wrong": "#6a211c",
    "right": "#1c4a2a",
    "blush": "#221a1b",
}
KINDS = ("proved", "definition", "refuted", "undecided", "unread")

RULES = """\
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 68rem; background: var(--ground); color: var(--ink);
  font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; overflow-wrap: anywhere;
  --margin: 18rem; --gap: 2rem; }
article, header, footer { padding-right: calc(var(--margin) + var(--gap)); }
header { border-bottom: 1px solid var(--faint); padding-bottom: 1rem; margin-bottom: 1.5rem; font-size: .94rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 .6em; text-wrap: balance; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; } h3 { font-size: 1.12rem; } h4, h5, h6 { font-size: 1rem; }
article > :first-child, header > :first-child, header h2 { margin-top: 0; }
header h2 { font-size: 1rem; margin-bottom: .2rem; }
p, .p { margin: .8em 0; }
ul, ol { padding-left: 1.6em; } li > .p, li > p { margin: .3em 0; }
a { color: var(--link); } a:not([href]) { color: inherit; }
a:focus-visible, summary:focus-visible, input:focus-visible + label, [tabindex]:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .87em; }
pre { background: var(--panel); padding: .7rem .9rem; overflow-x: auto; overflow-wrap: normal; line-height: 1.45; }
pre code { font-size: 1em; }
:not(pre) > code { background: var(--panel); padding: .1em .3em; border-radius: 3px; }
.front { color: var(--soft); }
.cell { border-left: 3px solid var(--faint); }
blockquote { margin: 1em 0; padding-left: 1rem; border-left: 3px solid var(--faint); color: var(--soft); }
hr { border: 0; border-top: 1px solid var(--faint); margin: 2em 0; }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: .93em; overflow-wrap: normal; }
th, td { padding: .3rem .7rem; border: 1px solid var(--faint); text-align: left; }
td.right, th.right { text-align: right; } td.center, th.center { text-align: center; }
.picture { display: inline-block; color: var(--soft); border: 1px dashed var(--faint); padding: .1em .5em;
  font-size: .87em; }
.file { margin: 0; color: var(--soft); }
.summary { margin: .4rem 0 .8rem; font-weight: 600; }
.summary.refuted { color: var(--refuted); }
.filter { border: 0; padding: 0; margin: 0 0 .8rem; display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
.filter legend { float: left; margin-right: .3rem; padding: 0; color: var(--soft); }
.filter input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.filter label { border: 1px solid var(--faint); border-radius: 1rem; padding: .1rem .75rem; cursor: pointer; }
.filter input:checked + label { background: var(--ink); color: var(--ground); border-color: var(--ink); }
nav ol { margin: 0; padding-left: 1.4rem; }
.whole { --margin: 0rem; --gap: 0rem; }
.formula { display: grid; grid-template-columns: minmax(0, 1fr) var(--margin); column-gap: var(--gap);
  margin: 1.1em calc(0rem - var(--margin) - var(--gap)) 1.1em 0; scroll-margin-top: 1rem; align-items: center; }
.formula:target > .verdict { outline: 2px solid var(--link); outline-offset: 4px; }
.set { overflow-x: auto; overflow-y: hidden; padding: .35rem 0; overflow-wrap: normal; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "Noto Sans Math", math; font-size: 1.06em; }
math[display="block"] { font-size: 1.12em; width: max-content; min-width: 100%; margin: 0; }
math[display="block"] > mtable { math-style: normal; }
mtd.left { text-align: left; padding-left: 0; } mtd.right { text-align: right; padding-right: 0; }
mtd.left.apart { padding-left: 1em; }
mtr > mtd { padding-top: .45em; padding-bottom: .45em; }
.boxed { border: 1px solid; padding: .3em .5em; }
.struck { text-decoration: line-through; }
.inline { display: inline-block; max-width: 100%; }
.inline.long { overflow-x: auto; overflow-y: hidden; vertical-align: middle; }
.inline.says { border-bottom: 1px dotted var(--soft); }
pre.source, code.source { outline: 1px dashed var(--faint); outline-offset: -1px; white-space: pre-wrap; }
.verdict { font-size: .82rem; line-height: 1.4; border-left: 3px solid; padding: .1rem 0 .1rem .75rem; min-width: 0; }
.verdict p { margin: .15rem 0; }
.verdict p:not(:first-child) { color: var(--soft); }
.verdict b { font-weight: 600; }
.badge { font-weight: 700; }
.place { color: var(--soft); font-variant-numeric: tabular-nums; margin-left: .3em; }
.below { grid-column: 1 / 2; background: var(--blush); border-left: 3px solid var(--refuted); padding: .5rem 1rem .7rem;
  margin-top: .5rem; font-size: .92rem; min-width: 0; }
.below p { margin: .4rem 0 .2rem; } .below .label, .below .which { color: var(--soft); }
.below pre { margin: .2rem 0; } .numbers { white-space: pre-wrap; }
.below .true math { text-align: left; }
.latex summary { color: var(--soft); cursor: pointer; font-size: .87em; }
.marked, mark { background: var(--wrong); color: inherit; }
.marked { outline: 2px solid var(--refuted); outline-offset: 1px; border-radius: 2px; }
.true .marked { background: var(--right); outline-color: var(--proved); }
footer { margin-top: 3rem; border-top: 1px solid var(--faint); color: var(--soft); font-size: .85rem; }
@media (max-width: 62rem) {
  body { --margin: 0rem; --gap: 0rem; max-width: 46rem; padding: 1rem .9rem 2rem; }
  .formula { grid-template-columns: minmax(0, 1fr); margin-right: 0; }
  .verdict { margin-top: .3rem; }
}
@media print {
  body { max-width: none; font-size: 10.5pt; --margin: 0rem; --gap: 0rem; padding: 0; }
  .formula { grid-template-columns: minmax(0, 1fr); margin-right: 0; }
  .filter, .latex { display: none; }
  .set, .verdict, .below { break-inside: avoid; } .set { break-after: avoid; }
}
"""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f" --{name}: {colour};" for name, colour in colours.items())


def _of_kind(kind: str) -> str:
    """The colour of a verdict, and what is left of the note where it alone is chosen."""
    chosen = f"body:has(#show-{kind}:checked) article"
    return (
        f".{kind} > .verdict {{ border-color: var(--{kind}); }} "
        f".{kind} > .verdict .badge, label.{kind} {{ color: var(--{kind}); }}\n"
        f"{chosen} > :not(:has(.formula.{kind}), .formula.{kind}, h1, h2, h3), "
        f"{chosen} .formula:not(.{kind}) {{ display: none; }}\n"
    )


STYLESHEET = (
    f":root {{ color-scheme: light dark;{_variables(LIGHT)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{{_variables(DARK)} }} }}\n"
    f"{RULES}{''.join(map(_of_kind, KINDS))}"
)
