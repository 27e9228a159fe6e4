"""The chart of the results, as SVG."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain

from benchmarks.contenders import CONTENDERS
from benchmarks.figures import OURS, Figures, Outcome

TITLE = "Time of a request with a key, × the same view without authentication"

WIDTH = 760
LEFT = 300
RIGHT = 60
BAR = 16
GAP = 12
TOP = 84

LONGEST = 12
"""The longest bar. Longer ones are cut off and marked with an arrow."""

WAYS = ("SQLite", "PostgreSQL")

STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 16px; font-weight: 600 }
    .small { font-size: 12px; fill: #59636e }
    .ours { font-weight: 600 }
    .line { stroke: #d1d9e0 }
    .SQLite { fill: #0a6ebd } .PostgreSQL { fill: #6aa9d8 }
    .SQLite.peer { fill: #818b98 } .PostgreSQL.peer { fill: #bcc4cd }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .small { fill: #9198a1 } .line { stroke: #3d444d }
      .SQLite { fill: #4493f8 } .PostgreSQL { fill: #1f5fa8 }
      .SQLite.peer { fill: #9198a1 } .PostgreSQL.peer { fill: #656c76 }
    }
"""


def draw(outcome: Outcome) -> str:
    """Return the chart of requests with a valid key, by contender and database."""
    figures = Figures(outcome)
    ways = [way for way in WAYS if figures.ranking(way)]
    names = figures.ranking(ways[0])
    height = TOP + len(names) * (len(ways) * BAR + GAP) + 24
    about = f"{figures.size:,} keys, {figures.about['date']}, 1 is the view without authentication"
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">
  <style>{STYLE}  </style>
  <text id="title" class="title" x="0" y="20">{escape(TITLE)}</text>
  <text class="small" x="0" y="42">{escape(about)}</text>
{_lines(chain(_legend(ways), _axis(height), _bars(figures, names, ways)))}
</svg>
"""


def _lines(elements: Iterable[str]) -> str:
    return "\n".join(f"  {element}" for element in elements)


def _x(ratio: float) -> float:
    return LEFT + min(ratio, LONGEST) / LONGEST * (WIDTH - LEFT - RIGHT)


def _legend(ways: list[str]) -> Iterator[str]:
    for position, way in enumerate(ways):
        x = LEFT + position * 110
        yield f'<rect class="{way}" x="{x}" y="52" width="12" height="12" rx="2"/>'
        yield f'<text class="small" x="{x + 18}" y="62">{way}</text>'


def _axis(height: int) -> Iterator[str]:
    for ratio in (1, *range(2, LONGEST + 1, 2)):
        x = _x(ratio)
        yield f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 20}"/>'
        yield f'<text class="small" x="{x:.1f}" y="{height - 4}" text-anchor="middle">{ratio}</text>'


def _bars(figures: Figures, names: list[str], ways: list[str]) -> Iterator[str]:
    y = TOP
    for name in names:
        kind = "ours" if name in OURS else "peer"
        middle = y + len(ways) * BAR / 2 + 5
        title = escape(CONTENDERS[name].title)
        yield f'<text class="{kind}" x="{LEFT - 10}" y="{middle}" text-anchor="end">{title}</text>'
        for way in ways:
            ratio = figures.ratio(name, way)
            if ratio is not None:
                end = _x(ratio)
                arrow = " →" if ratio > LONGEST else ""
                yield (
                    f'<rect class="{way} {kind}" x="{LEFT}" y="{y}" '
                    f'width="{end - LEFT:.1f}" height="{BAR - 2}" rx="2"/>'
                )
                yield f'<text class="small" x="{end + 6:.1f}" y="{y + 11}">{ratio:.2f}{arrow}</text>'
            y += BAR
        y += GAP
