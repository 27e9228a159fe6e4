"""What is wrong with a page of Django admin, light and dark, wide and narrow."""

from tests.browser import camera
from tests.browser.axe import CHECKED, violations
from tests.browser.layout import too_wide

END_TRANSITIONS = """async () => {
  await new Promise(requestAnimationFrame);
  for (const each of document.getAnimations()) each.finish();
}"""


def faults_of(page, name, *, exceptions):
    """Return the elements that are too wide, and what axe finds but for the exceptions.

    With the option ``--screenshots``, the pictures are in the folder ``screenshots`` afterwards.
    """
    faults = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"{width}, too wide: {element}" for element in too_wide(page)]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(END_TRANSITIONS)
            camera.take(page, f"admin-{name}-{width}-{scheme}")
            if (width, scheme) in CHECKED:
                found = violations(page, exceptions=exceptions, preload=False)
                faults += [f"{width}, {scheme}: {violation}" for violation in found]
    return faults
