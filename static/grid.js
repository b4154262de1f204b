// The grid under mouse and keyboard: rows that open, selection by range, keys; the search's text field.
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("#grid tr[data-row]")];
  const boxOf = (row) => row?.querySelector('input[name="claim"]:not(:disabled)');
  const openRow = (row) => row.querySelector("[data-open]")?.click();

  // --- a row opens by double click or Enter, as its link does --------------------------------------
  document.addEventListener("dblclick", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target.closest("a, input, button")) return;
    getSelection().removeAllRanges(); // the double click meant the row, not the word under it
    openRow(row);
  });

  // --- selection -----------------------------------------------------------------------------------
  let anchor = null; // the number of the row that a range begins at; a fresh grid begins anew

  // selection.js counts whatever says that it changed
  const count = () => document.getElementById("picked")?.dispatchEvent(new Event("change", { bubbles: true }));

  function select(row, checked, isRange) {
    const all = rows();
    const from = isRange ? all.findIndex((one) => one.dataset.row === anchor) : -1;
    const to = all.indexOf(row);
    const range = from < 0 ? [row] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const box of range.map(boxOf).filter(Boolean)) box.checked = checked;
    if (from < 0) anchor = row.dataset.row; // as in a file list: a further range has the same beginning
    count();
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest('#grid input[name="claim"]');
    if (box) select(box.closest("tr"), box.checked, event.shiftKey);
  });
  document.addEventListener("mousedown", (event) => {
    // Shift and a click would mark the text of the rows between.
    if (event.shiftKey && event.target.closest("#grid td.pick")) event.preventDefault();
  });
  document.addEventListener("reset", (event) => {
    if (event.target.id === "picked") setTimeout(() => { anchor = null; count(); });
  });

  // --- keys: a member may switch them off (表示設定) ------------------------------------------------
  const isTyping = (target) => target.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable], dialog');

  function step(from, by) {
    const all = rows();
    const at = from ? all.indexOf(from) + by : 0;
    const next = all[Math.min(Math.max(at, 0), all.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("tr[data-row], tr[data-row] input")) {
      event.preventDefault(); // on a checkbox it would press the form's first button
      return openRow(event.target.closest("tr"));
    }
    const on = document.querySelector("#grid[data-shortcuts]");
    if (!on || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
    const row = event.target.closest("tr[data-row]");
    const box = boxOf(row);
    const key = event.key;
    // From elsewhere on the page j and k begin at the claim that is open.
    const from = row ?? document.querySelector("#grid tr[aria-current]");
    if (key === "j" || (key === "ArrowDown" && row)) step(from, 1);
    else if (key === "k" || (key === "ArrowUp" && row)) step(from, -1);
    else if (key === "x" && box) select(row, !box.checked, false);
    else if (key === " " && event.shiftKey && box) select(row, true, true);
    else return undefined;
    return event.preventDefault();
  });

  // --- the search's text: Enter searches, Shift+Enter begins a line ---------------------------------
  const ADDRESS_MAX = 7000; // characters: the server takes addresses of 8190
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-search] textarea")) return;
    const { value, dataset } = event.target;
    event.target.setCustomValidity(encodeURIComponent(value.toWellFormed?.() ?? value).length > ADDRESS_MAX ? dataset.tooLong : "");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-search] textarea")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // --- a fresh grid -----------------------------------------------------------------------------------
  // One that refreshes itself because a claim has changed keeps its checks and where it was scrolled to.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "grid") return;
    const isRefresh = event.detail.requestConfig.elt.id === "grid";
    const { scrollTop: top, scrollLeft: left } = event.target.querySelector(".grid-box") ?? {};
    const checked = rows().filter((row) => boxOf(row)?.checked).map((row) => row.dataset.row);
    kept = isRefresh ? { checked, scroll: { top, left } } : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "grid") return;
    anchor = null;
    if (kept) {
      rows().filter((row) => kept.checked.includes(row.dataset.row)).map(boxOf).forEach((box) => { if (box) box.checked = true; });
      document.querySelector(".grid-box")?.scrollTo(kept.scroll);
      count();
    } else if (document.activeElement === document.body) {
      // 「すべてを選択」 and 「選択を解除」 went with the grid that they stood in.
      document.querySelector("#grid a.clear, #grid [data-select-all]")?.focus();
    }
    kept = null;
  });
})();
