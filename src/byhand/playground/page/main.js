// Starts the page, or the worker: both run this script, and the one without a document trains.

import { el, find } from "../../report/page/dom.js";
import { unpack } from "../../report/page/payload.js";
import { followSystem } from "../../report/page/theme.js";
import { Playground } from "./playground.js";
import { serve } from "./worker.js";

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
