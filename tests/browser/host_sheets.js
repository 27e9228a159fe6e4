// Adds style sheets of hosts to the page, each before and after all others, and turned off. Then
// `hostSheets.changes` tells what each of them changes about the elements that a selector selects,
// and `hostSheets.changesByOurs` what the app's own sheets change beside each.
async (urls) => {
  // No custom properties, and no logical names of properties that have a physical one.
  const NAMES = [...getComputedStyle(document.body)].filter(
    (name) => !/^--|-(block|inline)-|^(block|inline)-size$/.test(name),
  );

  // What follows from other properties, often of other elements.
  const SIZES = /^(width|height|top|right|bottom|left|(perspective|transform)-origin|grid-template-(rows|columns)):/;

  function partsOf(element) {
    const parts = ["", "::before", "::after"];
    if (element.matches("input, textarea")) parts.push("::placeholder");
    if (element.matches("li")) parts.push("::marker");
    return parts;
  }

  function read(selector) {
    return [...document.querySelectorAll(selector)].flatMap((element) =>
      partsOf(element).map((part) => {
        const style = getComputedStyle(element, part || undefined);
        const isThere = !/before|after/.test(part) || style.content !== "none";
        return { element, part, values: isThere && NAMES.map((name) => style.getPropertyValue(name)) };
      }),
    );
  }

  function differences(before, after) {
    if (!before || !after) return before === after ? [] : [after ? "appears" : "disappears"];
    const color = NAMES.indexOf("color");
    return NAMES.flatMap((name, index) => {
      if (before[index] === after[index]) return [];
      // Most colours are that of the text if nothing sets them.
      if (name.endsWith("-color") && before[index] === before[color] && after[index] === after[color]) return [];
      return `${name}: ${before[index]} → ${after[index]}`;
    });
  }

  function pathTo(element) {
    const names = [];
    for (let each = element; each; each = each.parentElement) {
      if (each !== element && each.matches(".apikeys, .apikeys-sidebar")) break;
      const name = [each.localName, ...each.classList].join(".");
      names.unshift(name + (each.type && each !== element.form ? `[type=${each.type}]` : ""));
    }
    return names.slice(-3).join(" > ");
  }

  // Each change once, at the outermost of the elements that inherit it. Sizes only if nothing
  // explains them.
  function compare(before, after) {
    const changed = new Map();
    const told = new Set();
    const sizes = new Set();
    before.forEach(({ element, part, values }, index) => {
      const changes = differences(values, after[index].values);
      if (!part) changed.set(element, changes);
      const inherited = changed.get(part ? element : element.parentElement) ?? [];
      for (const change of changes.filter((change) => !inherited.includes(change))) {
        (SIZES.test(change) ? sizes : told).add(`${pathTo(element)}${part} { ${change} }`);
      }
    });
    return [...(told.size ? told : sizes)];
  }

  const load = (url, place) =>
    new Promise((resolve, reject) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = url;
      link.onload = () => {
        link.sheet.disabled = true;
        resolve(link.sheet);
      };
      link.onerror = () => reject(new Error(`${url} is not there`));
      if (place === "before") document.head.prepend(link);
      else document.body.append(link);
    });

  const sheets = {};
  for (const [name, url] of Object.entries(urls)) {
    for (const place of ["before", "after"]) sheets[`${name}, ${place} ours`] = await load(url, place);
  }

  const switchOurs = (isOn) => {
    for (const sheet of document.styleSheets) {
      if (sheet.href?.includes("/stack_apikeys/")) sheet.disabled = !isOn;
    }
  };

  function changes(selector) {
    const without = read(selector);
    return Object.entries(sheets).flatMap(([name, sheet]) => {
      sheet.disabled = false;
      const changed = compare(without, read(selector));
      sheet.disabled = true;
      return changed.map((change) => `${name}: ${change}`);
    });
  }

  function changesByOurs(selector) {
    return Object.entries(sheets).flatMap(([name, sheet]) => {
      sheet.disabled = false;
      const withOurs = read(selector);
      switchOurs(false);
      const changed = compare(withOurs, read(selector));
      switchOurs(true);
      sheet.disabled = true;
      return changed.map((change) => `${name}: ${change}`);
    });
  }

  window.hostSheets = { sheets, changes, changesByOurs };
}
