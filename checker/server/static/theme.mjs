// Where the theme's markup falls short of what keyboards and screen readers need.

export function mendTheme() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const corner of document.querySelectorAll("th:empty")) {
    corner.replaceWith(document.createElement("td")); // a header that heads nothing
  }
  // The theme wraps tables once the page is parsed, so after this script.
  addEventListener("load", mendTables);
}

/** What scrolls sideways must be reachable without a mouse. */
function mendTables() {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (wrap.scrollWidth <= wrap.clientWidth) continue;
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "region");
    wrap.setAttribute("aria-label", "Table");
  }
}
