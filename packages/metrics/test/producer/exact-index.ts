/** Bits of the significand of a double, with the one before its point. */
const SIGNIFICAND_BITS = 53;
const ONE = 2n ** BigInt(SIGNIFICAND_BITS - 1);

const MAX_SCALE = 8;
const PARTS = 2 ** MAX_SCALE;

/**
 * For each `k` below 256, the largest significand (a whole number of 53 bits) that is not above `2 ** (k / 256)`. It is found by
 * comparing 256th powers of whole numbers, so nothing is rounded.
 */
const BORDERS = Float64Array.from({ length: PARTS }, (_, k) => Number(largestBelow(BigInt(k))));

function largestBelow(k: bigint): bigint {
  const power = 2n ** (BigInt(SIGNIFICAND_BITS - 1) * BigInt(PARTS) + k);
  let least = ONE;
  let above = 2n * ONE;
  while (above - least > 1n) {
    const middle = (least + above) / 2n;
    if (middle ** BigInt(PARTS) <= power) least = middle;
    else above = middle;
  }
  return least;
}

const view = new DataView(new ArrayBuffer(8));

/** `value` as a significand of 53 bits, from 2 ** 52, and the exponent of its first bit. */
function partsOf(value: number): { significand: number; exponent: number } {
  view.setFloat64(0, value);
  const upper = view.getUint32(0);
  let significand = (upper % 2 ** 20) * 2 ** 32 + view.getUint32(4);
  const biased = Math.floor(upper / 2 ** 20);
  if (biased > 0) return { significand: significand + 2 ** 52, exponent: biased - 1_023 };
  let exponent = -1_022;
  while (significand < 2 ** 52) {
    significand *= 2;
    exponent -= 1;
  }
  return { significand, exponent };
}

/**
 * The index of the bucket of a value at a scale of at most 8, as OpenTelemetry defines it: the `i` for which the value is above
 * `base ** i` and not above `base ** (i + 1)`, where the base is `2 ** (2 ** -scale)`.
 */
export function exactIndexOf(value: number, scale: number): number {
  const { significand, exponent } = partsOf(value);
  if (scale <= 0) {
    const octave = significand === 2 ** 52 ? exponent - 1 : exponent;
    return Math.floor(octave / 2 ** -scale);
  }
  const parts = 2 ** scale;
  const step = PARTS / parts;
  let below = 0;
  let end = parts;
  while (below < end) {
    const middle = (below + end) >> 1;
    if (significand > BORDERS[middle * step]!) below = middle + 1;
    else end = middle;
  }
  return exponent * parts + below - 1;
}

/** The borders of the buckets of the octave from `2 ** exponent` on, each rounded down to a double. */
export function bordersOf(exponent: number): number[] {
  return Array.from(BORDERS, (border) => border * 2 ** (exponent - (SIGNIFICAND_BITS - 1)));
}

/** The doubles right above and below a positive one. */
export function neighboursOf(value: number): number[] {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  return [bits - 1n, bits + 1n].map((neighbour) => {
    view.setBigUint64(0, neighbour);
    return view.getFloat64(0);
  });
}
