// Starts the page: unpacks the numbers, builds the sections, keeps theme and navigation.

import { palette, readPalette } from "./colours.js";
import { showCurves } from "./curves.js";
import { el, find, onFrame, Watched } from "./dom.js";
import { showDrawing } from "./draw.js";
import { showFindings } from "./findings.js";
import { Pictures } from "./images.js";
import { showMistakes } from "./mistakes.js";
import { Network } from "./network.js";
import { unpack } from "./payload.js";
import { showRun } from "./run.js";
import { showTrace } from "./trace.js";
import { showUnits } from "./units.js";

const SECTIONS = {
  run: showRun, draw: showDrawing, curves: showCurves, mistakes: showMistakes,
  network: showUnits, trace: showTrace, doctor: showFindings,
};

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

/** Where there is nothing to draw, fields take the place of the box. */
function nameForTables() {
  find("#draw").dataset.name = "Try";
  find(".skip").textContent = "Skip to the fields";
}

async function start() {
  followSystem();
  const header = await unpack(find("#payload").textContent);
  find("#payload").remove();
  const model = {
    header,
    network: new Network(header),
    pictures: new Pictures(header),
    example: new Watched(undefined),
    drawing: new Watched(null),
  };
  model.example.set(model.pictures.about(0));
  for (const [id, show] of Object.entries(SECTIONS)) show(find(`#${id}`), model);
  if (model.pictures.isTable) nameForTables();
  buildNavigation();
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
