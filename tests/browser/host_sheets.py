"""The style sheets of CSS frameworks and of other hosts, in a page."""

from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path

from django.templatetags.static import static

FOLDER = Path(__file__).parent / "frameworks"
"""A folder with static files: npm's packages, and sheets that import others."""

SHEETS = {
    "Pico.css": "node_modules/@picocss/pico/css/pico.css",
    "Bootstrap": "node_modules/bootstrap/dist/css/bootstrap.css",
    "Bulma": "node_modules/bulma/css/bulma.css",
    "Tailwind CSS 4": "tailwind.css",
    "Tailwind CSS without layers": "node_modules/tailwindcss/preflight.css",
    "Water.css": "node_modules/water.css/out/water.css",
    "normalize.css": "node_modules/normalize.css/normalize.css",
    "Django admin": "django_admin.css",
    "a host's text": "text.css",
}

ADD_HOSTS = Path(__file__).with_suffix(".js").read_text()

# A constructed sheet comes last, and a Content Security Policy does not block it.
ADD_RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}"""

TURN_OFF_SHEETS = """(path) => {
  for (const sheet of document.styleSheets) if (sheet.href?.includes(path)) sheet.disabled = true;
}"""

SET_THEME = """(scheme) => {
  const { dataset } = document.documentElement;
  dataset.theme = dataset.bsTheme = scheme;
}"""

# The last bit of a colour depends on how the browser divides the page into tiles.
DIFFERENT_PICTURES = """async (pictures) => {
  const decode = async (base64) => {
    const response = await fetch(`data:image/png;base64,${base64}`);
    const bitmap = await createImageBitmap(await response.blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    // Without the last row of pixels, of which a fraction may belong to the host.
    return context.getImageData(0, 0, bitmap.width, bitmap.height - 1).data;
  };
  const [first, ...others] = await Promise.all(pictures.map(decode));
  return others.map((other) =>
    other.length !== first.length || other.some((value, index) => Math.abs(value - first[index]) > 48));
}"""


class HostSheets:
    """The sheets of `SHEETS` in a page: each before and after all others, and turned off."""

    def __init__(self, page):
        self.page = page
        page.evaluate(
            ADD_HOSTS, {name: static(f"frameworks/{path}") for name, path in SHEETS.items()}
        )

    def changes(self, selector):
        """Return what the sheets change about the selected elements."""
        return self.page.evaluate("(selector) => hostSheets.changes(selector)", selector)

    def changes_by_ours(self, selector):
        """Return what the app's sheets change about the selected elements, beside each sheet."""
        return self.page.evaluate("(selector) => hostSheets.changesByOurs(selector)", selector)

    def changes_of_picture(self, locator):
        """Return the names of the sheets that change what the element looks like."""
        pictures = {"no sheet": _picture(locator)}
        pictures |= {name: _picture(locator) for name in self.each()}
        _, *names = pictures
        differ = self.page.evaluate(DIFFERENT_PICTURES, [*pictures.values()])
        return [name for name, differs in zip(names, differ, strict=True) if differs]

    def each(self):
        """Turn on one sheet after another, after all others, and yield their names."""
        switch = "([name, isOff]) => { hostSheets.sheets[name].disabled = isOff; }"
        for name in SHEETS:
            self.page.evaluate(switch, [f"{name}, after ours", False])
            yield name
            self.page.evaluate(switch, [f"{name}, after ours", True])


def _picture(locator):
    return b64encode(locator.screenshot(animations="disabled")).decode()


def add_rules(page, text):
    """Add rules after all others."""
    page.evaluate(ADD_RULES, text)


def turn_off_sheets(page, path):
    """Turn off the style sheets whose URL contains ``path``."""
    page.evaluate(TURN_OFF_SHEETS, path)


def choose_scheme(page, scheme):
    """Make the page light or dark, in all ways that the frameworks know."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(SET_THEME, scheme)


@contextmanager
def forced(page, selector, *states):
    """Keep the selected elements in states such as ``hover``."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]
    query = {"nodeId": root["nodeId"], "selector": selector}
    for node in session.send("DOM.querySelectorAll", query)["nodeIds"]:
        session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": states})
    yield
    session.detach()  # which ends the states
