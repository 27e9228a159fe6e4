"""Charts as SVG, drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Bar:
    """Two numbers on top of each other."""

    accepted: int
    refused: int = 0

    @property
    def total(self) -> int:
        """The height of the bar."""
        return self.accepted + self.refused


def sparkline(numbers: Sequence[int], label: str) -> SafeString:
    """Return a small chart of one number in each interval. ``label`` says in words what it shows."""
    most = max(numbers, default=0) or 1
    # The bars are 3 wide, and up to 20 high.
    bars = "".join(
        f"M{3 * position} 20h2v-{_height(number, most, 20)}h-2z"
        for position, number in enumerate(numbers)
        if number
    )
    return format_html(
        '<svg class="apikeys-sparkline" viewBox="0 0 {} 20" role="img" aria-label="{}">'
        '<path d="M0 20h{}v.5H0z{}"/></svg>',
        *(3 * len(numbers), label, 3 * len(numbers), bars),
    )


def bar_chart(bars: Sequence[Bar], label: str) -> SafeString:
    """Return a chart of accepted and refused requests, each bar 100 / len(bars) per cent wide."""
    most = max((bar.total for bar in bars), default=0) or 1
    accepted, refused = [], []
    for position, bar in enumerate(bars):
        left = 20 * position + 2
        low = _height(bar.accepted, most, 120)
        high = _height(bar.refused, most, 120)
        if bar.accepted:
            accepted.append(f"M{left} 120h16v-{low}h-16z")
        if bar.refused:
            refused.append(f"M{left} {120 - low}h16v-{high}h-16z")
    width = 20 * len(bars)
    return format_html(
        '<svg class="apikeys-chart" viewBox="0 0 {width} 121" preserveAspectRatio="none" role="img"'
        ' aria-label="{label}"><path class="apikeys-axis" d="M0 120h{width}v1H0z"/>'
        '<path d="{accepted}"/><path class="apikeys-refused" d="{refused}"/></svg>',
        width=width,
        label=label,
        accepted="".join(accepted),
        refused="".join(refused),
    )


def _height(number: int, most: int, height: int) -> int:
    """Return the height of a bar, which can be seen if the number is not 0."""
    return max(1, round(number / most * height)) if number else 0
