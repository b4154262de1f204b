// The portal's own behaviour: dialogs, the Y/N choice, fresh numbers. The grid's is in grid.js.
"use strict";

const announce = (text) => { document.getElementById("announcer").textContent = text; };

// --- dialogs: the server draws them open; here they become modal ---------------------------------
function openDialogs() {
  for (const dialog of document.querySelectorAll("dialog[data-modal][open]:not(:modal)")) {
    dialog.close();
    dialog.showModal();
  }
}
document.addEventListener("close", (event) => {
  // The opener was replaced together with its page or pane: the nearest place to go on.
  if (!event.target.matches?.("dialog[data-modal]")) return;
  (document.getElementById("claim-heading") ?? document.querySelector(".bulk-bar button"))?.focus();
}, true);

// --- 撤回要請 Y/N: with N the reason waits (the guide's チェックポイント) ----------------------------
function followChoice(form) {
  const yes = form.querySelector('[name="withdraw"][value="Y"]').checked;
  const reason = form.querySelector('[name="reason"]');
  for (const part of form.querySelectorAll('[name="reason"], [data-enclosure]')) part.disabled = !yes;
  return yes && reason;
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-ask]");
  if (form && event.target.name === "withdraw") followChoice(form)?.focus?.();
});

// --- fresh numbers: every 30 s while somebody looks ------------------------------------------------
setInterval(() => {
  if (!document.hidden) document.body.dispatchEvent(new CustomEvent("portal:tick"));
}, 30000);
const numbers = () => Object.fromEntries([...document.querySelectorAll("#board .count a")].map((a) => [a.search, a.ariaLabel]));
let before = {};
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "board") before = numbers();
});

// --- htmx ------------------------------------------------------------------------------------------
document.addEventListener("htmx:afterSettle", (event) => {
  const id = event.target.id;
  if (id === "board") {
    const changed = Object.entries(numbers()).filter(([cell, text]) => before[cell] && before[cell] !== text);
    if (changed.length) announce(changed.map(([, text]) => text).join("、"));
  }
  if (id === "claim") {
    document.querySelectorAll("tr[data-row][aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    const number = location.pathname.split("/").at(-2);
    document.querySelector(`tr[data-row="${CSS.escape(number)}"]`)?.setAttribute("aria-current", "true");
  }
  prepare();
  const opened = event.detail.requestConfig?.verb === "get" && id === "claim";
  if (opened) {
    const heading = document.getElementById("claim-heading");
    document.title = `${heading.textContent} | ${document.title.split(" | ").slice(-2).join(" | ")}`;
    heading.focus({ preventScroll: true });
    const { top } = heading.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) document.getElementById("claim").scrollIntoView({ block: "start" });
  } else if (id === "claim") {
    document.querySelector('#claim [role="alert"], #claim [aria-invalid="true"]')?.scrollIntoView({ block: "nearest" });
  }
});
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.id === "board") return; // a missed tick is no news
    const toast = document.getElementById("toast");
    toast.textContent = toast.dataset.text;
    toast.hidden = false;
    setTimeout(() => { toast.hidden = true; }, 8000);
  });
}

function prepare() {
  openDialogs();
  document.querySelectorAll("form[data-ask]").forEach(followChoice);
}
prepare();
