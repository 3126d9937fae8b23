// Where the theme's markup falls short of what assistive technology needs.

export function mendTheme() {
  for (const code of document.querySelectorAll("pre > code")) focusable(code);
}

/** What scrolls sideways must be reachable without a mouse. */
function focusable(code) {
  const scrolls = () => code.scrollWidth > code.clientWidth;
  if (scrolls()) code.tabIndex = 0;
}
