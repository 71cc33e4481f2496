// The products of a dense layer with WebAssembly, four numbers at once; report/page/products.js is its referee.
//
// All three are sums of rows, out[r] = start + sum over q of A[r, q] * B[q], so one kernel does them:
//
//   Z  = X W + b      r: example, q: input     start: b
//   dW = X^T dZ       r: input,   q: example   start: 0
//   dX = dZ W^T       r: example, q: unit      start: 0, with W transposed first
//
// Entries of A that are 0 are left out: most pixels of a digit, and half of relu's units.

import {
  add, addF32, addV, constant, F32, get, I32, isNotZeroF32, loadF32, loadI32, loadV, moduleOf, mulF32, mulV, set, splat,
  storeF32, storeI32, storeV, V128, whileLess, when,
} from "./assembler.js";

const FLOAT = 4;
const WIDE = 8; // vectors of four that stay in registers while rows are added: 32 columns

/** The kernel's code. Addresses and strides are in bytes. */
function kernel() {
  const names = ["A", "rowStride", "columnStride", "B", "start", "out", "rows", "columns", "width", "list"];
  const own = ["r", "q", "a", "b", "end", "j", "at"];
  const local = Object.fromEntries([...names, ...own].map((name, i) => [name, i]));
  const x = names.length + own.length;
  const xs = x + 1;
  const sum = (t) => xs + 1 + t;
  const scalar = sum(WIDE);
  const v = (name) => get(local[name]);
  const let_ = (name, ...value) => set(local[name], ...value);
  const step = (name, by) => let_(name, add(v(name), by));
  /** The columns from j on, `n` vectors of them, or a single number where n is 0. */
  const columns = (n) => {
    const [load, store, plus, times] = n ? [loadV, storeV, addV, mulV] : [loadF32, storeF32, addF32, mulF32];
    const each = (make) => Array.from({ length: n || 1 }, (_, t) => make(n ? sum(t) : scalar, 16 * t));
    const value = n ? get(xs) : get(x);
    return [
      each((s, offset) => set(s, load(add(v("start"), v("j")), offset))),
      let_("at", v("list")),
      whileLess(v("at"), v("end"),
        set(x, loadF32(v("at"), 4)), n ? set(xs, splat(get(x))) : [],
        let_("b", add(loadI32(v("at")), v("j"))),
        each((s, offset) => set(s, plus(get(s), times(value, load(v("b"), offset))))),
        step("at", constant(8))),
      each((s, offset) => store(add(v("out"), v("j")), get(s), offset)),
      step("j", constant(n ? 16 * n : FLOAT)),
    ];
  };
  const whileRoom = (bytes, ...body) => whileLess(add(v("j"), constant(bytes - 1)), v("width"), ...body);
  const body = [
    whileLess(v("r"), v("rows"),
      // the entries of this row that are not 0, each with the address of its row of B
      let_("a", v("A")), let_("b", v("B")), let_("end", v("list")), let_("q", constant(0)),
      whileLess(v("q"), v("columns"),
        set(x, loadF32(v("a"))),
        when(isNotZeroF32(get(x)), storeI32(v("end"), v("b")), storeF32(v("end"), get(x), 4), step("end", constant(8))),
        step("a", v("columnStride")), step("b", v("width")), step("q", constant(1))),
      let_("j", constant(0)),
      whileRoom(16 * WIDE, columns(WIDE)), whileRoom(16, columns(1)), whileLess(v("j"), v("width"), columns(0)),
      step("A", v("rowStride")), step("out", v("width")), step("r", constant(1))),
  ];
  return moduleOf({ parameters: names.length, locals: [[own.length, I32], [1, F32], [WIDE + 1, V128], [1, F32]], body: body.flat(Infinity) });
}

const CODE = kernel();

/** Whether this browser has the instructions. */
export const hasSimd = () => typeof WebAssembly === "object" && WebAssembly.validate(CODE);

/** The products for a network of these shapes and at most `rows` examples: all arrays lie in one memory. */
export function simdProducts(shapes, inputs, rows) {
  const sizes = Object.values(shapes).map((shape) => shape.reduce((a, b) => a * b, 1));
  const [total, largest] = [sizes.reduce((a, b) => a + b, 0), Math.max(...sizes)];
  const widths = Object.values(shapes).map((shape) => shape.at(-1));
  const widest = Math.max(inputs, ...widths);
  const perRow = 3 * inputs + 8 * widths.reduce((a, b) => a + b, 0) + 16;
  const bytes = FLOAT * (2 * total + 2 * largest + rows * perRow + 3 * widest + 2 * rows) + 65536;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(CODE), { env: { memory } }).exports;
  let free = 0;
  function allocate(length) {
    const values = new Float32Array(memory.buffer, free, length);
    free += Math.ceil((FLOAT * length) / 16) * 16;
    return values;
  }
  const list = allocate(2 * Math.max(widest, rows)).byteOffset;
  const zeros = allocate(widest);
  let transposed = allocate(0);

  function affine(X, W, b, Z, n, k, m) {
    run(X.byteOffset, FLOAT * k, FLOAT, W.byteOffset, b.byteOffset, Z.byteOffset, n, k, FLOAT * m, list);
  }

  function weightGradient(X, dZ, dW, n, k, m) {
    run(X.byteOffset, FLOAT, FLOAT * k, dZ.byteOffset, zeros.byteOffset, dW.byteOffset, k, n, FLOAT * m, list);
  }

  function inputGradient(dZ, W, dX, n, k, m) {
    if (transposed.length < k * m) transposed = allocate(k * m);
    for (let p = 0; p < k; p++) for (let j = 0; j < m; j++) transposed[j * k + p] = W[p * m + j];
    run(dZ.byteOffset, FLOAT * m, FLOAT, transposed.byteOffset, zeros.byteOffset, dX.byteOffset, n, m, FLOAT * k, list);
  }

  return { name: "WebAssembly", allocate, affine, weightGradient, inputGradient };
}
