"""The playground beside TensorFlow.js, in the same page of the same browser.

    npm install @tensorflow/tfjs@4 @tensorflow/tfjs-backend-wasm@4
    python -m benchmarks.playground_race node_modules

Both train the same network with Adam on the same images, in turns. TensorFlow.js uses its CPU
backend and its WebAssembly backend with SIMD. The output shows medians, and how many times as fast
the playground is.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from byhand.data import load_dataset
from byhand.playground import write_playground

ROUNDS = 3
CASES = {
    "digits": {"data": "digits", "units": 32, "batch": 32, "steps": 90},
    "mnist": {"data": "mnist", "units": 300, "batch": 64, "steps": 20},
}

OURS = """({ data, units, batch, steps }) => {
  const { playground, modules } = byhand;
  const setup = { ...modules.setup.suited(data), layers: `${units} relu`, batch_size: batch };
  window.trainers ??= {};
  const all = modules.tasks.dataOf(setup, playground.sets, []);
  trainers[data] ??= new modules.trainer.Trainer(setup, all);
  const began = performance.now();
  for (let i = 0; i < steps; i++) trainers[data].step();
  return performance.now() - began;
}"""

THEIRS = """async ({ data, units, batch, steps, backend }) => {
  await tf.setBackend(backend);
  const { modules, playground } = byhand;
  const setup = modules.setup.suited(data);
  const all = modules.tasks.dataOf(setup, playground.sets, []);
  const n = Math.min(batch * steps, all.train.length);
  const epochs = (batch * steps) / n;
  const pixels = Float32Array.from(all.x.subarray(0, n * all.inputs), (value) => value / 255);
  const x = tf.tensor2d(pixels, [n, all.inputs]);
  const labels = tf.tensor1d(Int32Array.from(all.y.subarray(0, n)), "int32");
  const y = tf.oneHot(labels, all.outputs).toFloat();
  const model = tf.sequential({ layers: [
    tf.layers.dense({ units, activation: "relu", inputShape: [all.inputs] }),
    tf.layers.dense({ units: all.outputs, activation: "softmax" })] });
  model.compile({ optimizer: tf.train.adam(0.002), loss: "categoricalCrossentropy" });
  const options = { batchSize: batch, epochs: 1, verbose: 0, yieldEvery: "never" };
  await model.fit(x.slice(0, batch), y.slice(0, batch), options);
  const began = performance.now();
  await model.fit(x, y, { ...options, epochs: Math.round(epochs) });
  const spent = performance.now() - began;
  model.dispose(); x.dispose(); y.dispose();
  return spent / (Math.round(epochs) * Math.ceil(n / batch)) * steps;
}"""


def serve(folder: Path) -> http.server.ThreadingHTTPServer:
    """Serve a folder on a free port: a WebAssembly file cannot be loaded from the disk."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(modules: Path, *names: str) -> None:
    """Race in the named cases, or in all, and print the result."""
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp())
    write_playground(folder / "index.html", [load_dataset("mnist"), load_dataset("digits")])
    tensorflow = modules / "@tensorflow"
    backend = tensorflow / "tfjs-backend-wasm" / "dist"
    for path in (tensorflow / "tfjs" / "dist" / "tf.min.js", *backend.glob("*.wasm")):
        shutil.copy(path, folder)
    shutil.copy(backend / "tf-backend-wasm.min.js", folder)
    server = serve(folder)
    address = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"],
        )
        page = browser.new_context(bypass_csp=True).new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}index.html")
        page.wait_for_selector("html[data-ready]")
        for script in ("tf.min.js", "tf-backend-wasm.min.js"):
            page.add_script_tag(url=address + script)
        page.evaluate("(path) => tf.wasm.setWasmPaths(path)", address)
        for name in names or CASES:
            race(page, name, CASES[name])
        browser.close()


def race(page: Any, name: str, case: dict[str, Any]) -> None:
    """Print the speeds of one case."""
    times: dict[str, list[float]] = {"playground": [], "wasm": [], "cpu": []}
    for turn in range(ROUNDS + 1):
        spent = {"playground": page.evaluate(OURS, case)}
        for backend in ("wasm", "cpu"):
            spent[backend] = page.evaluate(THEIRS, {**case, "backend": backend})
        if turn:  # the first turn warms up
            for key, milliseconds in spent.items():
                times[key].append(milliseconds)
    ours = statistics.median(times["playground"])
    for key, all_times in times.items():
        median = statistics.median(all_times)
        images = case["steps"] * case["batch"] / median * 1000
        print(f"{name:8} {key:11} {images:10,.0f} images/s   {median / ours:5.1f} x our time")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
