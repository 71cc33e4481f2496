// Light or dark: the reader's system decides until the reader uses the button.

import { readPalette } from "./colours.js";
import { find } from "./dom.js";

export function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  find("#theme").setAttribute("aria-pressed", String(dark));
  readPalette();
}

export function followSystem() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let own = false;
  setTheme(system.matches);
  system.addEventListener("change", ({ matches }) => own || setTheme(matches));
  find("#theme").addEventListener("click", () => {
    own = true;
    setTheme(document.documentElement.dataset.theme !== "dark");
  });
}
