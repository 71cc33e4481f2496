// The numbers of the run: gzip inside base64 inside the page, so that the page is one file.
//
// Unpacked: 4 bytes with the length of the header, the header as JSON, then one array after the other.
// A float32 array is stored as four planes (all first bytes, all second bytes, ...): neighbours in a
// plane resemble each other, so they compress better.

const TYPE = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array,
  float32: Float32Array, float64: Float64Array,
};

/** Decodes base64. This is a loop because `Uint8Array.from` takes more than ten times as long. */
function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Joins planes of bytes into integers of `width` bytes each. */
function interleave(bytes, width) {
  const count = bytes.length / width;
  const whole = new Uint8Array(bytes.length);
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < count; i++) whole[i * width + plane] = bytes[plane * count + i];
  }
  return whole;
}

function readArray(bytes, { dtype, shape, offset }) {
  const width = TYPE[dtype].BYTES_PER_ELEMENT;
  const length = shape.reduce((a, b) => a * b, 1) * width;
  const whole = interleave(bytes.subarray(offset, offset + length), width);
  return new TYPE[dtype](whole.buffer);
}

/** Reads the payload's text and returns its header, with `arrays` as name -> {values, shape}. */
export async function unpack(text) {
  const bytes = await gunzip(fromBase64(text.trim()));
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.subarray(4 + length);
  const arrays = {};
  for (const entry of header.arrays) {
    arrays[entry.name] = { values: readArray(body, entry), shape: entry.shape };
  }
  return { ...header, arrays };
}
