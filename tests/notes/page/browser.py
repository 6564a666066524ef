"""A page in a real browser without a window, at widths of its own, and what is measured there."""

import json
import re
import shutil
import subprocess
from functools import cache
from html import escape, unescape
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

MEASURE = """
const box = element => {
  const found = element.getBoundingClientRect();
  return [found.left, found.top, found.right, found.bottom];
};
const measured = [];
for (const frame of document.querySelectorAll("iframe")) {
  const page = frame.contentDocument, seen = selector => [...page.querySelectorAll(selector)];
  const choose = id => { const input = page.getElementById(id); if (input) input.checked = true; };
  const shown = element => element.checkVisibility();
  measured.push({
    width: page.documentElement.clientWidth,
    scrolls: page.documentElement.scrollWidth,
    ran: frame.contentWindow.ran === true || window.ran === true,
    script: page.title,
    formulas: seen(".formula").map(each => ({
      verdict: each.classList[1],
      set: box(each.querySelector(".set")),
      badge: box(each.querySelector(".badge")),
      colour: frame.contentWindow.getComputedStyle(each.querySelector(".badge")).color,
      shown: shown(each.querySelector(".badge")),
      below: [...each.querySelectorAll(".below")].map(box),
    })),
    math: seen("math").filter(each => shown(each) && each.textContent.trim()).map(box),
    marked: seen(".marked").map(box),
    text: seen("article > p, article > .p, article > h1").map(box),
    chosen: (choose("show-refuted"), seen(".formula").filter(shown).map(each => each.classList[1])),
  });
}
const result = document.createElement("pre");
result.id = "measured";
result.textContent = JSON.stringify(measured);
document.body.append(result);
"""


@cache
def browser() -> str | None:
    """The program, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def measured(markup: str, widths: tuple[int, ...], folder: Path) -> list[dict]:
    """What a browser measures of a page in frames of several widths; the page itself is left as it is."""
    frames = "".join(
        f'<iframe srcdoc="{escape(markup)}" style="width:{width}px;height:900px"></iframe>' for width in widths
    )
    outer = folder / "outer.html"
    script = f"<script>addEventListener('load', () => {{{MEASURE}}});</script>"
    outer.write_text(f'<!doctype html><meta charset="utf-8"><body>{frames}{script}</body>', encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    flags += ["--window-size=1600,1000", "--virtual-time-budget=5000"]
    command = [str(browser()), *flags, outer.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True, encoding="utf-8")
    found = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))
