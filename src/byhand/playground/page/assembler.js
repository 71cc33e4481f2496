// A few WebAssembly instructions as functions that give their bytes, so that a kernel reads as code.
//
// Numbers of the instructions: https://webassembly.github.io/spec/core/appendix/index-instructions.html

/** An unsigned number in the variable-length form of the format (LEB128). */
function unsigned(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value);
  return bytes;
}

function signed(value) {
  const bytes = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

const flat = (...parts) => parts.flat(Infinity);

// --- values and memory ---
export const get = (local) => [0x20, local];
export const set = (local, ...value) => flat(value, 0x21, local);
export const constant = (value) => [0x41, signed(value)].flat();
export const add = (a, b) => flat(a, b, 0x6a);
export const loadI32 = (address, offset = 0) => flat(address, 0x28, 2, unsigned(offset));
export const storeI32 = (address, value, offset = 0) => flat(address, value, 0x36, 2, unsigned(offset));
export const loadF32 = (address, offset = 0) => flat(address, 0x2a, 2, unsigned(offset));
export const storeF32 = (address, value, offset = 0) => flat(address, value, 0x38, 2, unsigned(offset));
export const mulF32 = (a, b) => flat(a, b, 0x94);
export const addF32 = (a, b) => flat(a, b, 0x92);
export const isNotZeroF32 = (a) => flat(a, 0x43, 0, 0, 0, 0, 0x5c);

// --- four floats at once ---
const simd = (number) => [0xfd, ...unsigned(number)];
export const loadV = (address, offset = 0) => flat(address, simd(0), 2, unsigned(offset));
export const storeV = (address, value, offset = 0) => flat(address, value, simd(11), 2, unsigned(offset));
export const splat = (value) => flat(value, simd(0x13));
export const addV = (a, b) => flat(a, b, simd(0xe4));
export const mulV = (a, b) => flat(a, b, simd(0xe6));

// --- control ---
const lessUnsigned = (a, b) => flat(a, b, 0x49);
export const when = (condition, ...body) => flat(condition, 0x04, 0x40, body, 0x0b);

/** Repeats the body while a < b. */
export const whileLess = (a, b, ...body) => flat(0x02, 0x40, 0x03, 0x40, lessUnsigned(a, b), 0x45, 0x0d, 1, body, 0x0c, 0, 0x0b, 0x0b);

// --- the module ---
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

const text = (name) => [name.length, ...[...name].map((letter) => letter.charCodeAt(0))];
const section = (number, content) => [number, ...unsigned(content.length), ...content];

/** A module with one function `run` of i32 parameters and the memory `env.memory`. */
export function moduleOf({ parameters, locals, body }) {
  const declared = locals.map(([count, type]) => [...unsigned(count), type]);
  const code = flat(unsigned(declared.length), declared, body, 0x0b);
  return Uint8Array.from(flat(
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    section(1, [1, 0x60, parameters, ...new Array(parameters).fill(I32), 0]),
    section(2, flat(1, text("env"), text("memory"), 2, 0, 1)),
    section(3, [1, 0]),
    section(7, flat(1, text("run"), 0, 0)),
    section(10, flat(1, unsigned(code.length), code)),
  ));
}
