// `PAGE=folder node --test numbers.test.mjs`; test_javascript.py writes the folder of the page's modules.

import assert from "node:assert/strict";
import test from "node:test";

const { number, percent, signed, whole, Watched } = await import(`${process.env.PAGE}/dom.js`);
const { ticks } = await import(`${process.env.PAGE}/ticks.js`);

const plain = (text) => text.replaceAll("\u202f", " ").replaceAll("\u00a0", " ");

test("percentages: only 1 itself is 100 %, only 0 itself is 0 %", () => {
  const told = [0, 1e-9, 0.0004, 0.0006, 0.98213, 0.9994, 0.9996, 1].map((p) => plain(percent(p)));
  assert.deepEqual(told, ["0.0 %", "<0.1 %", "<0.1 %", "0.1 %", "98.2 %", "99.9 %", ">99.9 %", "100.0 %"]);
  assert.equal(plain(percent(0.9818, 2)), "98.18 %");
  assert.equal(plain(percent(0.997, 0)), ">99 %");
});

test("whole numbers have commas and a true minus", () => {
  assert.deepEqual([0, 999, 1437, 1234567, -2410].map(whole), ["0", "999", "1,437", "1,234,567", "−2,410"]);
});

test("any number has about four figures", () => {
  const told = [0, 0.03125, 1.52e-7, -3.14159, 13018.34, 4e9, NaN, Infinity].map((value) => plain(number(value)));
  assert.deepEqual(told, ["0", "0.03125", "1.52 · 10⁻⁷", "−3.142", "13,020", "4.00 · 10⁹", "NaN", "Infinity"]);
  assert.equal(number(0.00012345, 3), "0.000123");
});

test("a sign in front of both kinds of numbers", () => {
  assert.deepEqual([signed(0.5), signed(-3), signed(0)], ["+0.50", "−3.00", "0.00"]);
});

test("ticks are round, inside the range, and few", () => {
  assert.deepEqual(ticks(42, 288), [100, 200]);
  assert.deepEqual(ticks(0, 1), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticks(3, 3, [3, 3]), [3]);
  for (const [low, high] of [[-7, 9], [0.001, 0.0013], [1e5, 3e6]]) {
    const found = ticks(low, high);
    assert.ok(found.length >= 2 && found.length <= 6, String(found));
    assert.ok(found.every((value) => value >= low - 1e-9 && value <= high + 1e-9));
  }
});

test("a watched value tells its watchers now and at every change", () => {
  const heard = [];
  const value = new Watched(1);
  value.watch((now) => heard.push(now));
  value.set(2);
  assert.deepEqual(heard, [1, 2]);
});
