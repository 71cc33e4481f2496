// Starts the page: unpacks the numbers, builds the sections, keeps theme and navigation.

import { palette } from "./colours.js";
import { el, find, help, onFrame, Watched } from "./dom.js";
import { Pictures } from "./examples.js";
import { Network, unknownPart } from "./network.js";
import { unpack } from "./payload.js";
import { SECTIONS } from "./sections.js";
import { followSystem, setTheme } from "./theme.js";
import { Timeline } from "./time.js";

/** Links to the sections; the one on the screen is marked. */
function buildNavigation() {
  const nav = find("#sections");
  const links = new Map();
  for (const section of document.querySelectorAll("main > section[data-name]")) {
    const link = el("a", { href: `#${section.id}` }, section.dataset.name);
    links.set(section, link);
    nav.append(link);
  }
  const jump = find("#jump"); // replaces the links where they do not fit
  jump.append(...[...links].map(([{ id }, link]) => el("option", { value: id }, link.textContent)));
  jump.addEventListener("change", () => { location.hash = jump.value; });
  const mark = (current) => links.forEach((link, section) => {
    link.setAttribute("aria-current", String(section === current));
    if (section === current) jump.value = section.id;
  });
  const sections = [...links.keys()];
  const seen = new Set();
  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  // where two sections meet, the lower; at the end of the page the last, which may be too short to scroll up
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

/** Fills one section. A section that needs the network shows a message if this page cannot compute it. */
function fill({ name, title, heading, help: words, computes }, model) {
  const { header } = model;
  const section = find(`#${name}`);
  if (title) section.dataset.name = title;
  if (header.contents[name] === null) return section.remove(); // this run has nothing for the section to show
  const left = computes && model.unknown;
  if (words || left) section.append(el("h2", {}, heading || title));
  if (words && !left) section.append(help(words));
  if (left) section.append(el("p", { class: "card" }, `This page cannot compute ${model.unknown}, so this section is left out.`));
  else SECTIONS[name](section, model, header.contents[name]);
  return section;
}

/** Prints in the light theme, and returns to the reader's theme afterwards. */
function lightForPrint() {
  let dark = false;
  addEventListener("beforeprint", () => {
    dark = document.documentElement.dataset.theme === "dark";
    setTheme(false);
  });
  addEventListener("afterprint", () => setTheme(dark));
}

/** Unfolds everything before printing, and folds it again afterwards. */
function openForPrint() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const node of folded) node.open = true;
  });
  addEventListener("afterprint", () => {
    for (const node of folded) node.open = false;
  });
}

/** The moments of training that can be shown; null if the page carries only one. */
function travel({ header, network, pictures, example }) {
  if (!network || !header.snapshots) return null;
  const timeline = new Timeline(header, network, pictures);
  let first = true;
  timeline.at.watch(() => {
    if (!first) example.set(example.value.own ? example.value : pictures.about(example.value.place));
    first = false;
  });
  return timeline;
}

async function start() {
  lightForPrint(); // before the sections, so that they print in the light theme
  followSystem();
  const header = await unpack(find("#payload").textContent);
  find("#payload").remove();
  const unknown = unknownPart(header);
  const model = {
    header,
    unknown,
    network: unknown ? null : new Network(header),
    pictures: new Pictures(header),
    example: new Watched(undefined), // the example that the sections show
    drawing: new Watched(null), // the reader's own drawing or row, updated when the pen rests
    shown: new Watched(undefined), // the network's values for it, updated at every move of the pen
  };
  model.pictures.network = model.network;
  model.timeline = travel(model);
  model.example.set(model.pictures.about(0));
  const told = new Set(header.sections.map(({ name }) => name));
  for (const section of document.querySelectorAll("main > section")) told.has(section.id) || section.remove();
  for (const section of header.sections) fill(section, model);
  openForPrint(); // after the sections, because they may add to the page before it is printed
  if (!told.has("draw")) Object.assign(find(".skip"), { href: `#${header.sections[0].name}`, textContent: "Skip to the result" });
  else if (model.pictures.isTable) find(".skip").textContent = "Skip to the fields";
  buildNavigation();
  find("#made").textContent = header.made;
  window.byhand = { ...model, palette, modules }; // for the curious, in the browser's console
  document.documentElement.dataset.ready = "yes";
  find("#box")?.addEventListener("pointerdown", () => { document.documentElement.dataset.drawn = "yes"; }, { once: true });
}

start().catch((error) => {
  find("main").prepend(el(
    "p", { class: "notice" },
    `This page could not be built: ${error.message}. It needs Chromium 103, Firefox 113, Safari 16.4 or newer.`,
  ));
  throw error;
});
