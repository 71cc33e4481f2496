// Files of the reader: tables as CSV, images as IDX or NPZ, compressed or not. Nothing leaves the page.

const LIMIT = 600 * 2 ** 20; // bytes of a file
const MOST_CLASSES = 100;

async function bytesOf(file) {
  if (file.size > LIMIT) throw new Error(`${file.name} has ${Math.round(file.size / 2 ** 20)} MB; at most ${LIMIT / 2 ** 20} MB can be read here.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, "gzip") : bytes;
}

async function inflate(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Labels of any kind as class numbers, with their names in order. */
function classesOf(labels) {
  const numeric = labels.every((label) => Number.isFinite(Number(label)));
  const names = [...new Set(labels.map(String))].sort(numeric ? (a, b) => a - b : undefined);
  if (names.length < 2) throw new Error("All labels are the same: there is nothing to learn.");
  if (names.length > MOST_CLASSES) throw new Error(`The labels have ${names.length} different values; at most ${MOST_CLASSES} classes can be learnt.`);
  const number = new Map(names.map((name, k) => [name, k]));
  return { classes: names, y: Float32Array.from(labels, (label) => number.get(String(label))) };
}

// --- CSV -----------------------------------------------------------------------------------------

/** One line into its cells; quotes may hold commas. */
function cells(line, comma) {
  if (!line.includes('"')) return line.split(comma).map((cell) => cell.trim());
  const found = [];
  let [cell, quoted] = ["", false];
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (sign === '"' && quoted && line[i + 1] === '"') { cell += '"'; i += 1; }
    else if (sign === '"') quoted = !quoted;
    else if (sign === comma && !quoted) { found.push(cell.trim()); cell = ""; }
    else cell += sign;
  }
  return [...found, cell.trim()];
}

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

/** A table: the column named label, class, target or y, else the last one, is what is learnt. */
export function readTable(text, name) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const comma = [",", ";", "\t"].reduce((best, sign) => (lines[0].split(sign).length > lines[0].split(best).length ? sign : best));
  let rows = lines.map((line) => cells(line, comma));
  const hasHead = !rows[0].some(isNumber);
  const head = hasHead ? rows[0] : rows[0].map((_, j) => `column ${j + 1}`);
  if (hasHead) rows = rows.slice(1);
  const ragged = rows.findIndex((row) => row.length !== head.length);
  if (ragged >= 0) throw new Error(`${name}: row ${ragged + 1} has ${rows[ragged].length} cells; expected ${head.length}.`);
  if (rows.length < 4 || head.length < 2) throw new Error(`${name}: expected at least 4 rows of 2 columns.`);
  const named = head.findIndex((title) => /^(label|class|target|species|y)$/i.test(title));
  const last = named >= 0 ? named : head.length - 1;
  const columns = head.map((_, j) => j).filter((j) => j !== last);
  const wrong = columns.find((j) => !rows.every((row) => isNumber(row[j])));
  if (wrong !== undefined) throw new Error(`${name}: the column “${head[wrong]}” holds text; expected numbers.`);
  const x = new Float32Array(rows.length * columns.length);
  rows.forEach((row, i) => columns.forEach((j, k) => { x[i * columns.length + k] = Number(row[j]); }));
  const labels = rows.map((row) => row[last]);
  const values = labels.every(isNumber) && new Set(labels).size > Math.max(12, 0.1 * rows.length) && labels.some((label) => !Number.isInteger(Number(label)));
  const learnt = values ? { task: "values", classes: [head[last]], y: Float32Array.from(labels, Number) } : { task: "classes", ...classesOf(labels) };
  return { x, shape: null, columns: columns.map((j) => head[j]), ...learnt };
}

// --- IDX and NPZ ---------------------------------------------------------------------------------

/** An IDX file of bytes: { shape, values }. */
function readIdx(bytes, name) {
  if (bytes[0] || bytes[1] || bytes[2] !== 8) throw new Error(`${name} is not an IDX file of bytes.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: bytes[3] }, (_, d) => view.getUint32(4 + 4 * d));
  const values = bytes.subarray(4 + 4 * shape.length);
  const expected = shape.reduce((a, b) => a * b, 1);
  if (values.length !== expected) throw new Error(`${name}: the header promises ${expected} values, but ${values.length} follow.`);
  return { shape, values };
}

const NPY = { "|u1": Uint8Array, "<u2": Uint16Array, "<i4": Int32Array, "<u4": Uint32Array, "<f4": Float32Array, "<f8": Float64Array, "<i8": BigInt64Array, "|b1": Uint8Array, "|i1": Int8Array, "<i2": Int16Array };

/** An array of NumPy. */
function readNpy(bytes, name) {
  const wide = bytes[6] > 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  const head = new TextDecoder().decode(bytes.subarray(wide ? 12 : 10, start));
  const type = head.match(/'descr': *'([^']+)'/)?.[1];
  const shape = (head.match(/'shape': *\(([^)]*)\)/)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  if (!(type in NPY) || /'fortran_order': *True/.test(head)) throw new Error(`${name} holds an array of type ${type}; expected numbers in C order.`);
  const raw = new NPY[type](bytes.slice(start).buffer);
  return { shape, values: raw instanceof BigInt64Array ? Float64Array.from(raw, Number) : raw };
}

/** The arrays of an NPZ archive, by name. */
async function readNpz(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw new Error(`${name} is damaged: it has no directory.`);
  const arrays = {};
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [method, packed, nameLength] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
    const entry = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.subarray(start, start + packed);
    arrays[entry.replace(/\.npy$/, "")] = readNpy(method === 8 ? await inflate(content, "deflate-raw") : content, `${name}, ${entry}`);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return arrays;
}

/** Images or rows (n, ...) with labels (n,) as a data set. */
function together(images, labels, name) {
  const n = images.shape[0];
  if (labels.values.length !== n) throw new Error(`${name}: ${n} images, but ${labels.values.length} labels.`);
  const shape = images.shape.length === 3 ? images.shape.slice(1) : null;
  const x = shape && !(images.values instanceof Uint8Array) ? Uint8Array.from(images.values, scaleTo255(images.values)) : shape ? images.values : Float32Array.from(images.values);
  return { x, shape, task: "classes", ...classesOf(Array.from(labels.values)) };
}

/** Images between 0 and 1 become 0 to 255. */
function scaleTo255(values) {
  const factor = values.reduce((top, v) => Math.max(top, v), 0) <= 1 ? 255 : 1;
  return (v) => Math.round(v * factor);
}

/** The data set of one or two dropped files. */
export async function readFiles(files) {
  const name = files.map((file) => file.name).join(", ");
  const read = await Promise.all(files.map(bytesOf));
  if (read.some((bytes) => !bytes.length)) throw new Error(`${name} is empty.`);
  if (read[0][0] === 0x50 && read[0][1] === 0x4b) {
    const arrays = Object.entries(await readNpz(read[0], name));
    const images = arrays.find(([, { shape }]) => shape.length > 1)?.[1];
    const labels = arrays.find(([, { shape }]) => images && shape.length === 1 && shape[0] === images.shape[0])?.[1];
    if (!images || !labels) throw new Error(`${name}: expected an array of images and one of labels; found ${arrays.map(([key, { shape }]) => `${key} (${shape})`).join(", ")}.`);
    return { name: files[0].name, ...together(images, labels, name) };
  }
  if (read[0][0] === 0 && read[0][1] === 0) {
    const parts = read.map((bytes, i) => readIdx(bytes, files[i].name)).sort((a, b) => b.shape.length - a.shape.length);
    if (parts.length !== 2 || parts[1].shape.length !== 1) throw new Error("Drop the images and the labels of an IDX pair together.");
    return { name: files[0].name, ...together(parts[0], parts[1], name) };
  }
  const text = new TextDecoder("utf-8", { fatal: true });
  try {
    return { name: files[0].name, ...readTable(text.decode(read[0]), files[0].name) };
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${name} is no table, IDX pair or NPZ archive that can be read here.`);
    throw error;
  }
}
