/* What no stylesheet can do: code that scrolls is reached by keyboard, wide tables become cards on a phone. */
(function () {
  "use strict";

  /* A longer list is easier to read as a list, even if one has to move it sideways. */
  const MOST_ROWS = 40;

  /* A table with many columns does not fit a phone; the stylesheet shows its rows as cards, with the heads before the values. */
  function stack(table) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    if (heads.length < 5 || table.rows.length > MOST_ROWS) return;
    table.dataset.stack = "";
    /* Cells that are no longer laid out as a table keep saying that they are one. */
    table.setAttribute("role", "table");
    for (const row of table.querySelectorAll("tbody tr")) {
      row.setAttribute("role", "row");
      [...row.cells].forEach((cell, column) => {
        cell.setAttribute("role", cell.tagName === "TD" ? "cell" : "rowheader");
        cell.dataset.head = heads[column];
      });
    }
  }

  function reachable(block) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }

  function start() {
    document.querySelectorAll(".md-typeset table:not([class])").forEach(stack);
    const blocks = [...document.querySelectorAll(".md-typeset pre > code, .md-typeset__scrollwrap")];
    const watch = new ResizeObserver((entries) => entries.forEach((entry) => reachable(entry.target)));
    blocks.forEach((block) => watch.observe(block));
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
