/** A unit of time, as a factor from milliseconds. One of the two numbers is 1, so that converting rounds only once. */
export interface TimeUnit {
  /** How many milliseconds the unit has, or 1 for a unit that is shorter than that. */
  readonly millis: number;
  /** How many of the unit a millisecond has, or 1 for a unit that is longer than that. */
  readonly perMilli: number;
}

const MILLISECOND: TimeUnit = { millis: 1, perMilli: 1 };

/** UCUM's prefixes, as powers of ten: https://ucum.org/ucum#section-Prefixes */
const PREFIXES: Readonly<Record<string, number>> = {
  Y: 24,
  Z: 21,
  E: 18,
  P: 15,
  T: 12,
  G: 9,
  M: 6,
  k: 3,
  h: 2,
  da: 1,
  '': 0,
  d: -1,
  c: -2,
  m: -3,
  u: -6,
  n: -9,
  p: -12,
  f: -15,
  a: -18,
  z: -21,
  y: -24,
};

const DAY_MILLIS = 86_400_000;

/** UCUM's units of time that take no prefix, in milliseconds: https://ucum.org/ucum#para-31 */
const LONGER_UNITS: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: DAY_MILLIS,
  wk: 7 * DAY_MILLIS,
  mo_s: 29.530_59 * DAY_MILLIS,
  mo_j: 30.4375 * DAY_MILLIS,
  mo_g: 30.436_875 * DAY_MILLIS,
  mo: 30.4375 * DAY_MILLIS,
  a_t: 365.242_19 * DAY_MILLIS,
  a_j: 365.25 * DAY_MILLIS,
  a_g: 365.2425 * DAY_MILLIS,
  a: 365.25 * DAY_MILLIS,
};

const UNITS = new Map<string, TimeUnit>([
  ...Object.entries(PREFIXES).map(([prefix, power]): [string, TimeUnit] => [`${prefix}s`, ofSeconds(power)]),
  ...Object.entries(LONGER_UNITS).map(([unit, millis]): [string, TimeUnit] => [
    unit,
    { millis, perMilli: 1 },
  ]),
]);

function ofSeconds(power: number): TimeUnit {
  // Parsed from text, because `10 ** -21` is not the number that is nearest to it.
  return power >= -3
    ? { millis: Number(`1e${power + 3}`), perMilli: 1 }
    : { millis: 1, perMilli: Number(`1e${-power - 3}`) };
}

/** The unit of time of this name in UCUM. A metric without a unit takes durations in milliseconds. */
export function timeUnitOf(name: string): TimeUnit | undefined {
  return name === '' ? MILLISECOND : UNITS.get(name);
}

export function fromMillis(milliseconds: number, unit: TimeUnit): number {
  return unit.millis === 1 ? milliseconds * unit.perMilli : milliseconds / unit.millis;
}

/** OpenTelemetry's default bounds of buckets, which are made for milliseconds, without their zero. */
const MILLI_BOUNDS = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

/**
 * Bounds of buckets for durations in a unit. For seconds they are those of OpenTelemetry's conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/).
 *
 * @returns `undefined` where the default bounds are right: for milliseconds, and for what is not a duration
 */
export function boundsFor(unitName: string): number[] | undefined {
  const unit = timeUnitOf(unitName);
  if (unit === undefined || (unit.millis === 1 && unit.perMilli === 1)) return undefined;
  return MILLI_BOUNDS.map((bound) => fromMillis(bound, unit));
}
