// A step back or on before htmx listens: it would change the address and leave the page as it is.
"use strict";

(() => {
  let isListening = false;
  document.addEventListener("DOMContentLoaded", () => { isListening = true; });
  window.addEventListener("popstate", () => { if (!isListening) location.reload(); });
})();
