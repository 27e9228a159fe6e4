// Enhances the pages, which also work without JavaScript.

const COPIED_FOR = 4000; // milliseconds

const marked = (name) => document.querySelectorAll(`[data-apikeys-${name}]`);

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No permission, or no clipboard API, as over HTTP.
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

for (const button of marked("copy")) {
  const label = button.querySelector("span");
  const status = button.nextElementSibling;
  const text = label.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = ""; // so that screen readers announce a second "Copied"
    const { apikeysCopy, apikeysCopied, apikeysFailed } = button.dataset;
    const copied = await copy(document.getElementById(apikeysCopy));
    status.textContent = copied ? apikeysCopied : apikeysFailed;
    status.classList.toggle("apikeys-hidden", copied);
    if (!copied) return;
    label.textContent = apikeysCopied;
    button.dataset.apikeysDone = "";
    clearTimeout(timer);
    timer = setTimeout(() => {
      label.textContent = text;
      delete button.dataset.apikeysDone;
    }, COPIED_FOR);
  });
}

// A new key is shown only once: ask before the user leaves the page other than by "Done".
for (const form of marked("guard")) {
  const warn = (event) => event.preventDefault();
  addEventListener("beforeunload", warn);
  form.addEventListener("submit", () => removeEventListener("beforeunload", warn));
}

for (const link of marked("confirm")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    link.nextElementSibling.click();
  });
}

// Tick all keys of a list.
for (const all of marked("all")) {
  const boxes = [...all.form.elements].filter(({ name }) => name === "key");
  all.closest("div").hidden = false;
  all.closest("section").addEventListener("change", ({ target }) => {
    if (target === all) for (const box of boxes) box.checked = all.checked;
    all.checked = boxes.every((box) => box.checked);
  });
}

// The response to a second submission would replace the one that shows the key.
for (const form of marked("once")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
  });
}

// Show times in the visitor's time zone. English dates begin with the day, as the site's do.
const lang = document.documentElement.lang || "en";
const language = `${lang === "en" ? "en-GB" : lang}-u-ca-gregory-nu-latn`;
const DATE = { day: "numeric", month: "short", year: "numeric" };
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric", ...TIME };

const times = [...document.querySelectorAll(".apikeys time")];

function isElsewhere({ dateTime }) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(dateTime);
  const offset = (sign === "-" ? -1 : 1) * (60 * hours + Number(minutes));
  return offset !== -new Date(dateTime).getTimezoneOffset();
}

for (const element of times.some(isElsewhere) ? times : []) {
  const moment = new Date(element.dateTime);
  const format = (options) => new Intl.DateTimeFormat(language, options).format(moment);
  if ("apikeysLong" in element.dataset) {
    element.textContent = format(LONG);
    continue;
  }
  if ("apikeysAgo" in element.dataset) {
    element.title = format(LONG);
    element.lastElementChild.textContent = ` (${format(LONG)})`;
    continue;
  }
  element.title = format({ ...DATE, ...TIME });
  element.firstChild.data = format(DATE);
  element.lastElementChild.textContent = `, ${format(TIME)}`;
}
