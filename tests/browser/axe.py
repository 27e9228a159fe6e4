"""axe-core, which finds what WCAG and good practice forbid and a machine can see."""

from functools import cache
from importlib.resources import files

STANDARDS = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",  # there is no wcag22a in axe
    "best-practice",
]  # fmt: skip

RUN = """(standards) => axe.run({
  runOnly: standards,
  rules: {"target-size": {enabled: true}},
  resultTypes: ["violations"],
})"""


@cache
def _source():
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(page):
    """What axe finds wrong with the page as it is now, a line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    return [
        f"{rule['id']} ({rule['help']}): {node['html']} {node['failureSummary']}"
        for rule in page.evaluate(RUN, STANDARDS)["violations"]
        for node in rule["nodes"]
    ]
