"""Everything that a visitor can press on a page: found, named, and pressed one after the other."""

from uuid import uuid4

from playwright.sync_api import expect

FIND = """(ignored) => {
  const ROLES = "[role=button], [role=menuitem], [role=menuitemcheckbox], [role=option]";
  const overlays = document.querySelectorAll("[role=dialog], [role=alertdialog], [role=menu]");
  const root = [...overlays].at(-1) ?? document; // nothing behind an overlay can be pressed
  const counts = new Map();
  const found = [];
  for (const element of root.querySelectorAll(`button, a, ${ROLES}`)) {
    const text = element.innerText || element.getAttribute("aria-label") || "";
    const name = text.replace(/\\s+/g, " ").trim();
    if (element.matches("[role=checkbox]")) continue; // it has been ticked
    const isDisabled = element.disabled || element.matches("[aria-disabled=true]");
    if (isDisabled || ignored.includes(name) || !element.checkVisibility({ visibilityProperty: true })) {
      continue;
    }
    element.scrollIntoView({ block: "center" });
    const { x, y, width, height } = element.getBoundingClientRect();
    if (!element.contains(document.elementFromPoint(x + width / 2, y + height / 2))) {
      continue; // it lies under something else
    }
    const row = element.closest("tbody tr")?.innerText.trim().split("\\n")[0];
    const label = (name || "icon") + (row ? ` in ${row}` : "");
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    // An icon has no name to tell it from others; of equal rows, one is enough.
    if (count > 1 && name) continue;
    element.dataset.press = count > 1 ? `${label} ${count}` : label;
    found.push(element.dataset.press);
  }
  return found;
}"""


FILL_IN = """async (values) => {
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  for (const field of document.querySelectorAll("input")) {
    const isFilter = field.placeholder === "Search table" || field.role === "combobox";
    if (field.value || isFilter || !field.checkVisibility()) continue;
    const isEmail = /email/i.test(`${field.name} ${field.placeholder}`);
    const value = isEmail ? values.email : values[field.type];
    if (!value) continue;
    set.call(field, value); // as React has it from a keyboard
    for (const type of ["input", "focusout"]) {
      field.dispatchEvent(new Event(type, { bubbles: true }));
    }
  }
  for (const box of document.querySelectorAll("[role=checkbox][data-state=unchecked]")) {
    box.click();
  }
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}"""
"""Writes something into every empty field of a form, and ticks every box. Filters of a table stay
empty: they would hide what can be pressed."""


class Explorer:
    """Presses what a page offers, then what each press brings up, until nothing new comes up.

    ``open_page`` opens the page anew for each press. ``ignored`` are names of what leads elsewhere,
    ``leaves`` of what is pressed without a look at what it brings up.
    """

    def __init__(self, open_page, ignored=(), leaves=()):
        self.open_page = open_page
        self.ignored = list(ignored)
        self.leaves = {*leaves}
        # By the kind of field. No other test has made an account with the address.
        email = f"{uuid4()}@example.com"
        self.values = {"email": email, "password": "green ideas sleep", "text": "Analysts"}

    def press_all(self, path=()):
        """Press all that comes up after the presses of ``path``, and return the names in order."""
        page = self.open_page()
        address = page.url
        seen, names = set(), self.find(page)
        for name in path:
            seen.update(names)
            page.locator(f'[data-press="{name}"]').click()
            settle(page)
            names = self.find(page)
        pressed = [" > ".join(path)] if path else []
        if page.url != address or self.leaves.intersection(path):
            return pressed  # another page has a test of its own
        for name in names:
            if name not in seen:
                pressed += self.press_all((*path, name))
        return pressed

    def find(self, page):
        """Fill in what there is, and return the names of what can be pressed then."""
        page.evaluate(FILL_IN, self.values)
        return page.evaluate(FIND, self.ignored)


WATCH = """(() => {
  const { fetch } = window;
  let pending = 0;
  window.fetch = async (...options) => {
    pending += 1;
    try {
      return await fetch(...options);
    } finally {
      pending -= 1;
    }
  };
  window.quietTicks = 0;
  const tick = () => {
    window.quietTicks = pending ? 0 : window.quietTicks + 1;
    setTimeout(() => requestIdleCallback(tick), 30);
  };
  tick();
})()"""
"""For the beginning of each page. It counts how often in a row the page had nothing to do and no
request on its way: in turns of the page, not in time, so that a busy machine makes no difference."""


def settle(page):
    """Wait until the page has nothing more to do, and see that it has not disappeared."""
    page.evaluate("() => { window.quietTicks = 0; }")
    page.wait_for_function("() => window.quietTicks > 10")
    expect(page.locator("#root")).not_to_be_empty()
