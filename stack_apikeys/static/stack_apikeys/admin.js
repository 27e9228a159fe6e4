// The page that shows a new key in Django admin. The texts are attributes of the page, so that they
// can be translated.

const box = document.querySelector(".api-key-copy");
const field = box.querySelector("textarea");
const button = box.querySelector("button");
const result = box.querySelector("[role=status]");

async function copy() {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // The browser denied permission, or the page was loaded over HTTP, without a clipboard API.
    field.select();
    return document.execCommand("copy");
  }
}

field.addEventListener("focus", () => field.select());
button.hidden = false;
button.addEventListener("click", async () => {
  result.textContent = ""; // so that screen readers announce a second "Copied"
  result.textContent = (await copy()) ? box.dataset.copied : box.dataset.failed;
});

// The key is shown only once: ask before the user leaves the page in any other way than by its
// last button.
const warn = (event) => event.preventDefault();
addEventListener("beforeunload", warn);
document
  .querySelector(".api-key-created form")
  ?.addEventListener("submit", () => removeEventListener("beforeunload", warn));

// In a pop-up window, hand the key to the form that opened it.
const chosen = document.getElementById("api-key-chosen");
chosen?.addEventListener("click", () => {
  removeEventListener("beforeunload", warn);
  const { value, obj } = JSON.parse(chosen.dataset.popupResponse);
  window.opener.dismissAddRelatedObjectPopup(window, value, obj);
});
