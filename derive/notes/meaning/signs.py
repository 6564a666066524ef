"""Signs and words that say more than a formula can show: what is drawn, measured, set, or goes to a limit."""

from __future__ import annotations

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol
from derive.notes.meaning.value import constant

ARROWS = frozenset("\\to \\rightarrow \\longrightarrow".split())

_FACTOR = "write = with the factor"
_BOUND = "write an inequality with the bound"
_EQUATION = "write it with ="

_SAID: tuple[tuple[str, str, str], ...] = (
    ("\\propto \\asymp", "it leaves a factor open", _FACTOR),
    ("\\lesssim \\gtrsim", "it leaves a factor open", _BOUND),
    ("\\ll \\gg", "it doesn't say how much smaller one side is", _BOUND),
    ("\\ne \\neq", "it says that two things differ, which is not decided", ""),
    ("\\to \\rightarrow \\longrightarrow", "an arrow says what becomes of something, without a formula", _EQUATION),
    ("\\mapsto \\longmapsto \\leadsto", "an arrow says what becomes of something, without a formula", _EQUATION),
    ("+= -= *= /=", "an update: it gives a name a new value, as code does", ""),
    ("\\in \\notin \\ni", "it says in which set something is; sets are not decided", ""),
    ("\\subset \\subseteq \\supset \\supseteq", "it is about sets, which are not decided", ""),
    ("\\prec \\preceq \\succ \\succeq", "it compares matrices, or orders things", ""),
    ("\\perp", "it says that things are orthogonal, or independent", "write orthogonal vectors as u^T v = 0"),
    ("\\sim", "it says how something is distributed, or of what order it is", "write = if it holds exactly"),
)
SIGNS = {sign: (reason, helped) for signs, reason, helped in _SAID for sign in signs.split()}
"""What signs say that no proof is looked for."""

STATISTICS = frozenset("mu sigma x.bar".split())
"""Names of the mean and the deviation of inputs."""

PARAMETERS = frozenset(
    "epsilon varepsilon eps eta lr alpha momentum lambda rho tau delta kappa wd p dropout temperature beta_1 beta_2 "
    "learning_rate weight_decay batch_size epochs warmup steps num_groups groups hidden_size".split()
)
"""Names that are set before a network is trained, where a document says nothing else of them."""

MEASURED = frozenset(
    "acc accuracy top1 top5 error err loss bleu rouge fid perplexity ppl f1 map auc score speedup time latency "
    "throughput memory params flops precision recall".split()
)
"""Words for what is measured."""

_LETTERS = frozenset("NUPQDB")
_DISTRIBUTIONS = frozenset("normal uniform bernoulli gaussian categorical beta gamma dirichlet unif".split())


def is_parameter(symbol: Symbol) -> bool:
    """Whether a name is that of something that is set: eps, eta, lr, or a word."""
    words = symbol.key.replace(" ", "_").lower()
    return words in PARAMETERS or symbol.key.partition("_")[0] in ("epsilon", "eta", "momentum")


def is_distribution(node: tree.Node) -> bool:
    """Whether this is a distribution: N(0, 1), Uniform(0, 1), p(x), or a letter in calligraphic type."""
    if isinstance(node, tree.Product) and len(node.factors) == 2 and isinstance(node.factors[1], tree.Group):
        node = node.factors[0]
    base = node.base if isinstance(node, tree.Scripted) else node
    if not isinstance(base, tree.Name):
        return False
    fancy = base.font in ("mathcal", "mathscr", "cal")
    return fancy or base.text in _LETTERS or base.text.lower() in _DISTRIBUTIONS


def is_infinite(node: tree.Node) -> bool:
    """Whether this is a number, or infinity: what something goes to."""
    names = [part.text for part in node.walk() if isinstance(part, tree.Name)]
    return "infty" in names or constant(node) is not None
