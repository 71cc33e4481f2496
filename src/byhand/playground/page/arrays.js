// Arrays in files: IDX, the format of MNIST, and NPZ, NumPy's archive.

import { FileProblem, inflate } from "./bytes.js";

/** An IDX file of bytes: { shape, values }. */
export function readIdx(bytes, name) {
  if (bytes[0] || bytes[1] || bytes[2] !== 8) throw new FileProblem(`${name} is not an IDX file of bytes.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: bytes[3] }, (_, d) => view.getUint32(4 + 4 * d));
  const values = bytes.subarray(4 + 4 * shape.length);
  const expected = shape.reduce((a, b) => a * b, 1);
  if (values.length !== expected) throw new FileProblem(`${name} is cut off: its header promises ${expected} values, but ${values.length} follow.`);
  return { shape, values };
}

const TYPES = {
  "|u1": Uint8Array, "|b1": Uint8Array, "|i1": Int8Array, "<u2": Uint16Array, "<i2": Int16Array, "<u4": Uint32Array,
  "<i4": Int32Array, "<i8": BigInt64Array, "<u8": BigUint64Array, "<f4": Float32Array, "<f8": Float64Array,
};

/** Words of NumPy: each `length` code points of four bytes, filled up with 0. */
function readWords(bytes, length) {
  const points = new Uint32Array(bytes.slice().buffer);
  return Array.from({ length: points.length / Math.max(length, 1) }, (_, i) => (
    String.fromCodePoint(...points.subarray(i * length, (i + 1) * length)).replace(/\0+$/, "")
  ));
}

/** An array of NumPy: { shape, values }. */
function readNpy(bytes, name) {
  const isWide = bytes[6] > 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = isWide ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const head = new TextDecoder().decode(bytes.subarray(isWide ? 12 : 10, start));
  const type = head.match(/'descr': *'([^']+)'/)?.[1];
  const shape = (head.match(/'shape': *\(([^)]*)\)/)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const words = type?.match(/^<U(\d+)$/);
  if ((!(type in TYPES) && !words) || (/'fortran_order': *True/.test(head) && shape.length > 1)) {
    throw new FileProblem(`${name} holds an array of type ${type ?? "unknown"}${type in TYPES ? " in Fortran order" : ""}; expected numbers in C order.`);
  }
  if (words) return { shape, values: readWords(bytes.subarray(start), Number(words[1])) };
  const raw = new TYPES[type](bytes.slice(start).buffer);
  return { shape, values: typeof raw[0] === "bigint" ? Float64Array.from(raw, Number) : raw };
}

const DIRECTORY = 0x06054b50; // the mark of an archive's end

/** The arrays of an NPZ archive, by name. */
export async function readNpz(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== DIRECTORY) end -= 1;
  if (end < 0) throw new FileProblem(`${name} is damaged: it has no directory.`);
  const arrays = {};
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [method, packed, length] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
    const entry = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.subarray(start, start + packed);
    if (entry.endsWith(".npy")) arrays[entry.slice(0, -4)] = readNpy(method === 8 ? await inflate(content, "deflate-raw", name) : content, `${name}, ${entry}`);
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}
