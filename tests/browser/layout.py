"""What is too wide for the window, and what is too small for a finger."""

TOO_WIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > clientWidth)
    .map((element) => element.outerHTML.slice(0, 200));
}"""

# https://www.w3.org/TR/WCAG22/#target-size-minimum, without its exception for spacing. Exempt are
# links in a sentence and what the browser itself draws.
TOO_SMALL = """() => {
  const inSentence = (element) =>
    [...element.parentElement.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim(),
    );
  return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((element) => element.checkVisibility() && !inSentence(element))
    .map((element) => [element, (element.closest("label") ?? element).getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([element, box]) =>
      `${box.width} x ${box.height}: ${element.outerHTML.slice(0, 200)}`);
}"""


def too_wide(page):
    """What makes the page scroll sideways."""
    return page.evaluate(TOO_WIDE)


def too_small(page):
    """The targets that are smaller than 24 by 24 CSS pixels."""
    return page.evaluate(TOO_SMALL)
