"""Checks of accessibility by axe-core."""

from functools import cache
from importlib.resources import files

STANDARDS = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",  # there is no wcag22a in axe
    "best-practice",
]  # fmt: skip

CHECKED = [(1280, "light"), (390, "dark")]
"""The widths and colour schemes of a page at which axe looks at it: no element has other colours on a
wide page than on a narrow one."""

RUN = """async ({standards, exceptions, preload}) => {
  const {violations} = await axe.run({
    runOnly: standards,
    rules: {"target-size": {enabled: true}},
    resultTypes: ["violations"],
    preload,
  });
  const isExpected = (rule, node) => exceptions.some(
    ([id, selector]) => id === rule.id && document.querySelector(node.target[0]).matches(selector),
  );
  return violations.flatMap((rule) => rule.nodes
    .filter((node) => !isExpected(rule, node))
    .map((node) => `${rule.id} (${rule.help}): ${node.html} ${node.failureSummary}`));
}"""

RUN_CONTRAST = """(selector) => axe.run(selector, {
  runOnly: {type: "rule", values: ["color-contrast"]},
  resultTypes: ["violations"],
})"""


@cache
def _source():
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(page, *, exceptions=(), preload=True):
    """Return the violations that axe finds on the page, one line for each element.

    ``exceptions`` are pairs of a rule and a selector of elements that may violate it. Without
    ``preload``, axe does not read style sheets that others import, for which it needs inline styles.
    """
    options = {"standards": STANDARDS, "exceptions": [*exceptions], "preload": preload}
    return _run(page, RUN, options)


def low_contrast(page, selector):
    """Return the texts in the selected elements that stand out too little."""
    return [
        f"{node['html']} {node['failureSummary']}"
        for rule in _run(page, RUN_CONTRAST, selector)["violations"]
        for node in rule["nodes"]
    ]


def _run(page, script, argument):
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    return page.evaluate(script, argument)
