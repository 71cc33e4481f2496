// Starts the page, or the worker: both run this script, and the one without a document trains.

import { readPalette } from "../../report/page/colours.js";
import { el, find } from "../../report/page/dom.js";
import { unpack } from "../../report/page/payload.js";
import { Playground } from "./playground.js";
import { serve } from "./worker.js";

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

/** A thread that runs this script; the page's policy allows a worker made of text it holds. */
function startWorker(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const policy = globalThis.trustedTypes?.createPolicy("byhand-worker", { createScriptURL: (own) => own });
  return new Worker(policy ? policy.createScriptURL(url) : url);
}

async function start(text) {
  followSystem();
  const carried = await unpack(find("#payload").textContent);
  find("#payload").remove();
  const playground = new Playground(carried, startWorker(text));
  playground.start();
  find("#made").textContent = `byhand ${carried.version}. Everything happens in this page: nothing is loaded, nothing is sent.`;
  window.byhand = { playground, modules }; // for the curious, in the browser's console
}

if (typeof document === "undefined") serve(globalThis);
else {
  start(document.currentScript.textContent).catch((error) => {
    find("main").prepend(el("p", { class: "notice" }, `This page could not be built: ${error.message}. It needs Chromium 103, Firefox 113, Safari 16.4 or newer.`));
    throw error;
  });
}
