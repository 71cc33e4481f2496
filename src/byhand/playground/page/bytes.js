// The bytes of a reader's file, unpacked if they are gzip-compressed, and no more than memory holds.

const MB = 2 ** 20;
const LIMIT = 600 * MB; // of a file
const UNPACKED = 1500 * MB;

/** Something is wrong with a file; the message is for the reader. */
export class FileProblem extends Error {}

export async function bytesOf(file) {
  if (file.size > LIMIT) throw new FileProblem(`${file.name} has ${Math.round(file.size / MB)} MB; at most ${LIMIT / MB} MB can be read here.`);
  if (!file.size) throw new FileProblem(`${file.name} is empty.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, "gzip", file.name) : bytes;
}

/** Compressed bytes as they were; `format` is "gzip" or "deflate-raw". */
export async function inflate(bytes, format, name) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const parts = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    total += part.value.length;
    if (total > UNPACKED) throw new FileProblem(`${name} unpacks to more than ${UNPACKED / MB} MB.`);
    parts.push(part.value);
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
