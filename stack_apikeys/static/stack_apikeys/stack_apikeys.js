// Makes the pages nicer where scripts run; without it everything works. Its words come from the
// page, so that they are translated.

const WHOLE_KEY = /^[sp]k_[0-9a-z]{60,}$/;

async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // No permission, or plain HTTP, where browsers have no clipboard for scripts.
    field.select();
    return document.execCommand("copy");
  }
}

for (const box of document.querySelectorAll(".apikeys-copy")) {
  const field = box.querySelector("textarea");
  const button = box.querySelector("button");
  const result = box.querySelector("[role=status]");
  field.addEventListener("focus", () => field.select());
  button.hidden = false;
  button.addEventListener("click", async () => {
    result.textContent = ""; // so that a second "Copied" is announced too
    const copied = await copy(field);
    result.textContent = copied ? box.dataset.apikeysCopied : box.dataset.apikeysFailed;
  });
}

// A key that was just made is shown this once: leaving asks first, except by "Done".
for (const form of document.querySelectorAll("[data-apikeys-guard]")) {
  const warn = (event) => event.preventDefault();
  addEventListener("beforeunload", warn);
  form.addEventListener("submit", () => removeEventListener("beforeunload", warn));
}

// The answer to a second click would take the place of the one that shows the key.
for (const form of document.querySelectorAll("[data-apikeys-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
  });
}

// A whole key is searched by its end: it must not stand in an address.
for (const field of document.querySelectorAll("[data-apikeys-search]")) {
  field.form.addEventListener("submit", () => {
    const text = field.value.trim();
    if (WHOLE_KEY.test(text)) field.value = text.slice(-4);
  });
}
