// Starts the page: unpacks the numbers, builds the sections, keeps theme and navigation.

import { palette, readPalette } from "./colours.js";
import { el, find, help, onFrame, Watched } from "./dom.js";
import { Pictures } from "./examples.js";
import { Network, unknownPart } from "./network.js";
import { unpack } from "./payload.js";
import { SECTIONS } from "./sections.js";

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  find("#theme").setAttribute("aria-pressed", String(dark));
  readPalette();
}

/** The reader's system decides until the button is used. */
function followSystem() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let own = false;
  setTheme(system.matches);
  system.addEventListener("change", ({ matches }) => own || setTheme(matches));
  find("#theme").addEventListener("click", () => {
    own = true;
    setTheme(document.documentElement.dataset.theme !== "dark");
  });
}

/** Links to the sections; the one on the screen is marked. */
function buildNavigation() {
  const nav = find("#sections");
  const links = new Map();
  for (const section of document.querySelectorAll("main > section")) {
    const link = el("a", { href: `#${section.id}` }, section.dataset.name);
    links.set(section, link);
    nav.append(link);
  }
  const mark = (current) => links.forEach((link, section) => {
    link.setAttribute("aria-current", String(section === current));
    if (section === current) nav.scrollTo({ left: link.offsetLeft - nav.clientWidth / 2 });
  });
  const sections = [...links.keys()];
  const seen = new Set();
  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  // of two that meet, the lower; at the end of the page the last, which may be too short to rise
  const follow = () => {
    const current = atEnd() ? sections.at(-1) : sections.findLast((section) => seen.has(section));
    if (current) mark(current);
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target);
    follow();
  }, { rootMargin: "-20% 0px -75% 0px" });
  sections.forEach((section) => observer.observe(section));
  addEventListener("scroll", onFrame(follow), { passive: true });
}

/** Fills one section. One that needs the network says so where this page cannot compute it. */
function fill({ name, title, help: words, computes }, model) {
  const section = find(`#${name}`);
  section.dataset.name = title;
  const left = computes && model.unknown;
  if (words || left) section.append(el("h2", {}, title));
  if (words && !left) section.append(help(words));
  if (left) section.append(el("p", { class: "card" }, `This page cannot compute ${model.unknown}, so this section is left out.`));
  else SECTIONS[name](section, model, model.header.contents[name]);
}

/** Everything that is folded or built only near the screen is shown before the page is printed. */
function openForPrint() {
  addEventListener("beforeprint", () => {
    for (const node of document.querySelectorAll("details")) node.open = true;
  });
}

async function start() {
  followSystem();
  const header = await unpack(find("#payload").textContent);
  find("#payload").remove();
  const unknown = unknownPart(header);
  const model = {
    header,
    unknown,
    network: unknown ? null : new Network(header),
    pictures: new Pictures(header),
    example: new Watched(undefined),
    drawing: new Watched(null),
  };
  model.example.set(model.pictures.about(0));
  for (const section of header.sections) fill(section, model);
  if (model.pictures.isTable) find(".skip").textContent = "Skip to the fields";
  buildNavigation();
  openForPrint();
  find("#made").textContent = header.made;
  window.byhand = { ...model, palette, modules }; // for the curious, in the browser's console
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  find("main").prepend(el(
    "p", { class: "notice" },
    `This page could not be built: ${error.message}. It needs Chromium 103, Firefox 113, Safari 16.4 or newer.`,
  ));
  throw error;
});
