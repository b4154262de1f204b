// Lists with a checkbox in each row: 全体選択, and how many are checked. Without it the boxes work all the same.
"use strict";

const boxesOf = (list) => [...list.querySelectorAll('tbody input[type="checkbox"]')];
function countSelected(list) {
  const boxes = boxesOf(list);
  const checked = boxes.filter((box) => box.checked).length;
  const all = list.querySelector("[data-select-all]");
  if (all) {
    all.checked = checked > 0 && checked === boxes.length;
    all.indeterminate = checked > 0 && !all.checked;
  }
  const label = list.querySelector("[data-selected]");
  if (label) {
    label.dataset.none ??= label.textContent;
    label.textContent = checked ? `${checked}${label.dataset.text}` : label.dataset.none;
  }
  list.classList.toggle("has-selection", checked > 0);
}
const countAll = () => document.querySelectorAll("[data-selection]").forEach(countSelected);

document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-selection]");
  if (!list) return;
  if (event.target.matches("[data-select-all]")) boxesOf(list).forEach((box) => { box.checked = event.target.checked; });
  countSelected(list);
});
document.addEventListener("htmx:afterSettle", countAll);
window.addEventListener("pageshow", countAll); // a browser that goes back keeps the checks
countAll();
