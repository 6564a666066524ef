"""How the page of an audit looks, light and dark: colours of texts have a contrast of at least 4.5 to the ground."""

LIGHT = {
    "ground": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b1f24",
    "soft": "#545c66",
    "faint": "#b4bac2",
    "good": "#116329",
    "bad": "#b3261e",
    "open": "#7a4d00",
    "series-0": "#0060a8",
    "series-1": "#b04a00",
    "series-2": "#007556",
    "series-3": "#a3367c",
    "series-4": "#5b51c9",
    "series-5": "#6b6400",
}
DARK = {
    "ground": "#14171b",
    "panel": "#1e2227",
    "ink": "#e6e9ed",
    "soft": "#a9b1bb",
    "faint": "#505862",
    "good": "#6fd08c",
    "bad": "#ff8a80",
    "open": "#f0b95c",
    "series-0": "#62b6f5",
    "series-1": "#ff9d5c",
    "series-2": "#4fcfa8",
    "series-3": "#f08ac8",
    "series-4": "#a9a2ff",
    "series-5": "#d9d05a",
}
RULES = """\
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
.summary { font-weight: 600; }
h3 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
a { color: inherit; }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--series-0); outline-offset: 2px; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
.summary { border-left: .3rem solid; padding: .35rem .8rem; background: var(--panel); }
p.summary { max-width: none; font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
.open { color: var(--open); }
.about, figcaption, footer, dd { color: var(--soft); font-size: .92rem; }
.fault { border: 1px solid var(--faint); border-left: .3rem solid var(--bad); padding: .7rem 1rem; margin: .7rem 0; }
.fault table { margin-top: .5rem; }
dt { font-weight: 600; margin-top: .6rem; }
dd { margin: 0 0 0 1rem; }
figure { margin: 0 0 1.6rem; }
figcaption { max-width: 60rem; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; width: 100%; min-width: 40rem; height: auto; }
.drawing svg text { font-family: system-ui, sans-serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; }
th, td { text-align: left; padding: .28rem .7rem .28rem 0; border-bottom: 1px solid var(--faint); white-space: nowrap; }
thead th { color: var(--soft); vertical-align: bottom; }
tbody th { font-weight: 400; }
tr:target { background: var(--panel); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 2rem; }
@media print { .drawing svg { min-width: 0; } }
"""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f" --{name}: {colour};" for name, colour in colours.items())


STYLESHEET = (
    f":root {{ color-scheme: light dark;{_variables(LIGHT)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{{_variables(DARK)} }} }}\n{RULES}"
)
