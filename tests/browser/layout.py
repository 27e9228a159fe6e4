"""Elements that are too wide for the window or too small for a finger."""

TOO_WIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > clientWidth)
    .map((element) => element.outerHTML.slice(0, 200));
}"""

# https://www.w3.org/TR/WCAG22/#target-size-minimum, without its exception for spacing. Links
# in a sentence and controls that the browser draws itself are exempt. The label of a radio button
# or a checkbox is a part of the target.
TOO_SMALL = """() => {
  const inSentence = (element) =>
    [...element.parentElement.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim(),
    );
  return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((element) => element.checkVisibility() && !inSentence(element))
    .map((element) => [
      element,
      (["radio", "checkbox"].includes(element.type) ? element.labels[0] : element)
        .getBoundingClientRect(),
    ])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([element, box]) =>
      `${box.width} x ${box.height}: ${element.outerHTML.slice(0, 200)}`);
}"""


def too_wide(page):
    """Return the elements that make the page scroll sideways."""
    return page.evaluate(TOO_WIDE)


def too_small(page):
    """Return the targets that are smaller than 24 by 24 CSS pixels."""
    return page.evaluate(TOO_SMALL)
