/**
 * The finest scale of buckets: 256 to an octave, whose middle is within 0.14 % of each of their values. OpenTelemetry defines
 * what a scale is: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale
 */
export const MAX_SCALE = 8;

const BUCKETS_PER_OCTAVE = 2 ** MAX_SCALE;

/** Bits of a double: 52 of the fraction below 11 of the exponent. Here is the upper half of them. */
const FRACTION_BITS = 20;
const FRACTION_MASK = 2 ** FRACTION_BITS - 1;
const EXPONENT_OF_ONE = 1023;

/** By how many bits a subnormal number is shifted up, so that it has an exponent. */
const SUBNORMAL_SHIFT = 54;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** Which half of the double has the exponent: the order is that of the processor. */
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** For each `k`, the largest double that is not above `2 ** (k / 256)`: the upper border of a bucket. */
const BORDERS = bordersOfOctave();

/** For each of the upper 8 bits of a fraction, the number of the last border below all fractions that begin with them. */
const FIRST_GUESS = Uint8Array.from({ length: BUCKETS_PER_OCTAVE }, (_, bits) => {
  const start = 1 + bits / BUCKETS_PER_OCTAVE;
  let border = 0;
  while (BORDERS[border + 1]! < start) border += 1;
  return border;
});

/**
 * The index of the bucket of a value at `MAX_SCALE`: bucket `i` has the values above `2 ** (i / 256)` and up to
 * `2 ** ((i + 1) / 256)`. It is exact, also at the borders, which logarithms of doubles are not.
 *
 * @param value above 0 and finite
 */
export function bucketIndexOf(value: number): number {
  double[0] = value;
  let upper = halves[UPPER]!;
  let exponent = upper >>> FRACTION_BITS;
  if (exponent === 0) {
    double[0] = value * 2 ** SUBNORMAL_SHIFT;
    upper = halves[UPPER]!;
    exponent = (upper >>> FRACTION_BITS) - SUBNORMAL_SHIFT;
  }
  halves[UPPER] = (upper & FRACTION_MASK) | (EXPONENT_OF_ONE << FRACTION_BITS);
  const significand = double[0];
  let border = FIRST_GUESS[(upper & FRACTION_MASK) >>> (FRACTION_BITS - MAX_SCALE)]!;
  while (significand > BORDERS[border + 1]!) border += 1;
  // A power of two belongs to the bucket that it ends.
  if (significand === 1) border = -1;
  return (exponent - EXPONENT_OF_ONE) * BUCKETS_PER_OCTAVE + border;
}

/**
 * Worked out with whole numbers of 192 bits behind the point, because powers of doubles are off by one in about every sixth
 * border.
 */
function bordersOfOctave(): Float64Array {
  const precision = 192n;
  let root = 2n << precision;
  for (let scale = 0; scale < MAX_SCALE; scale += 1) root = squareRoot(root << precision);
  let power = 1n << precision;
  return Float64Array.from({ length: BUCKETS_PER_OCTAVE + 1 }, (_, border) => {
    if (border === BUCKETS_PER_OCTAVE) return 2;
    const floor = Number(power >> (precision - 52n)) / 2 ** 52;
    power = (power * root) >> precision;
    return floor;
  });
}

/** The largest whole number whose square is not above `square`, by Newton's method. */
function squareRoot(square: bigint): bigint {
  let root = 1n << BigInt((square.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
