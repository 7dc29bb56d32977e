import { word } from './python-text.ts';

/** The units of a scale, the smallest first: how many base units each has, and its name. */
type Scale = readonly (readonly [size: number, name: string])[];

const DURATIONS: Scale = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
  [60, 'min'],
  [3600, 'h'],
  [86_400, 'd'],
];

const BYTES: Scale = [
  [1, 'B'],
  [2 ** 10, 'KiB'],
  [2 ** 20, 'MiB'],
  [2 ** 30, 'GiB'],
  [2 ** 40, 'TiB'],
  [2 ** 50, 'PiB'],
];

/** Units of UCUM that people read better on a scale: how many base units each has. */
const SCALES: Readonly<Partial<Record<string, readonly [factor: number, scale: Scale]>>> = {
  ns: [1e-9, DURATIONS],
  us: [1e-6, DURATIONS],
  ms: [1e-3, DURATIONS],
  s: [1, DURATIONS],
  min: [60, DURATIONS],
  h: [3600, DURATIONS],
  d: [86_400, DURATIONS],
  By: [1, BYTES],
  kBy: [1e3, BYTES],
  MBy: [1e6, BYTES],
  GBy: [1e9, BYTES],
  KiBy: [2 ** 10, BYTES],
  MiBy: [2 ** 20, BYTES],
  GiBy: [2 ** 30, BYTES],
};

/** How many digits of a value people see. Whole numbers are shown in full. */
const SIGNIFICANT_DIGITS = 4;

/**
 * A value with its unit as people read it: durations and bytes in the unit of their scale that fits, anything else with its
 * own unit, which is quoted where it could be taken for more than a unit. Pure.
 *
 * @example
 * humanValue(1532, 'ms'); // '1.532 s'
 * humanValue(134_217_728, 'By'); // '128 MiB'
 * humanValue(12, '{request}'); // '12 request'
 */
export function humanValue(value: number, unit: string): string {
  const [factor, scale] = (Object.hasOwn(SCALES, unit) && SCALES[unit]) || [];
  if (factor === undefined || scale === undefined) {
    const name = unit === '1' ? '' : unit.replaceAll(/[{}]/g, '');
    return name === '' ? humanNumber(value) : `${humanNumber(value)} ${word(name)}`;
  }
  const amount = value * factor;
  if (amount === 0) return `0 ${unitOf(unit, scale, factor)}`;
  const step = scale.findLast(([size]) => round(Math.abs(amount) / size) >= 1) ?? scale[0]!;
  return `${humanNumber(amount / step[0], true)} ${step[1]}`;
}

/** A value divided by seconds, with `/s` behind its unit. */
export function humanRate(value: number, unit: string, seconds: number): string {
  return `${humanValue(round(value / seconds), unit)}/s`;
}

/** Four significant digits. A whole number is shown in full, unless it was rounded before. */
function humanNumber(value: number, isRounded = false): string {
  return String(!isRounded && Number.isInteger(value) ? value : round(value));
}

function round(value: number): number {
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}

function unitOf(unit: string, scale: Scale, factor: number): string {
  return scale.find(([size]) => size === factor)?.[1] ?? unit;
}
