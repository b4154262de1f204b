// The composer: counts characters, and keeps what was typed until the server has it.
"use strict";

// --- counter -----------------------------------------------------------------------------------------
function count(field) {
  const output = document.querySelector(`output[data-counts="${CSS.escape(field.id)}"]`);
  if (!output) return;
  const typed = [...field.value].length;
  output.textContent = `${typed.toLocaleString("ja")} / ${Number(output.dataset.max).toLocaleString("ja")}`;
  output.classList.toggle("urgent", typed > output.dataset.max);
}

// --- typed and not yet saved: it waits in this tab through a lost session or a lost connection ---------
// An entry goes when the server has the text: saved as a draft, or shown among the sent (data-key).
const WRITE = "form[data-typed]";
const place = (form) => `typed:${form.dataset.typed}`;
const words = (form) => ({ title: form.elements.title.value, body: form.elements.body.value });
const same = (one, other) => one.title === other.title && one.body === other.body;
let known = null; // what the server has, as far as this page knows

function remember(form) {
  const typed = words(form);
  if (same(typed, known)) return sessionStorage.removeItem(place(form));
  const entry = { ...typed, known, key: form.elements.send_key.value };
  sessionStorage.setItem(place(form), JSON.stringify(entry));
}

function recall(form) {
  const entry = JSON.parse(sessionStorage.getItem(place(form)) ?? "null");
  if (!entry || same(entry, known)) return;
  const { title, body } = form.elements;
  // Another page may have written on meanwhile: then both texts stay.
  const changed = !same(entry.known, known) && known.body && known.body !== entry.body;
  body.value = changed ? `${known.body}\n\n${entry.body}` : entry.body;
  title.value = entry.title;
  body.dispatchEvent(new Event("input", { bubbles: true }));
}

function forgetSent() {
  const sent = new Set([...document.querySelectorAll("[data-key]")].map((element) => element.dataset.key));
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("typed:") && sent.has(JSON.parse(sessionStorage.getItem(name)).key)) sessionStorage.removeItem(name);
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea")) count(event.target);
  const form = event.target.closest(WRITE);
  if (form && known) remember(form);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest(WRITE);
  if (form) event.detail.xhr.sending = words(form);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = document.querySelector(WRITE);
  if (!form || !event.detail.xhr.sending || !document.querySelector("#draft [data-saved]")) return;
  if (event.detail.successful) {
    known = event.detail.xhr.sending;
    remember(form);
  }
});
document.addEventListener("submit", (event) => {
  if (event.target.matches('form[action$="/logout/"]')) sessionStorage.clear();
});

// --- files: what is too large is said before it is uploaded --------------------------------------------
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches('input[type="file"][data-max-mb]')) return;
  const tooLarge = [...input.files].filter((file) => file.size > input.dataset.maxMb * 1_000_000);
  const note = document.querySelector("[data-files-refused]");
  note.hidden = !tooLarge.length;
  note.textContent = tooLarge.length ? `${tooLarge.map((file) => `「${file.name}」`).join("")} ${input.dataset.tooLarge}` : "";
  if (!tooLarge.length) return;
  const rest = new DataTransfer();
  for (const file of input.files) if (!tooLarge.includes(file)) rest.items.add(file);
  input.files = rest.files;
  if (!rest.files.length) event.stopImmediatePropagation();
}, true);

// After htmx has read the page, so that what comes back is saved at once.
document.addEventListener("DOMContentLoaded", () => {
  forgetSent();
  document.querySelectorAll("textarea").forEach(count);
  const form = document.querySelector(WRITE);
  if (!form) return;
  known = words(form);
  recall(form);
});
