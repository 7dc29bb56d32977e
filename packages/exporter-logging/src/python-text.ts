import { escapeOf, visible } from '@tallykit/exporter-base';

/** All characters that Python's `str.isprintable` refuses, but for the space. */
const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu;

/**
 * A text as Python's `repr` writes it, as in the lines of Sentry's logging backend. Every character that could begin a line or
 * colour a terminal is escaped.
 */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replace(NOT_PRINTABLE, (character) => (character === ' ' ? ' ' : escapeOf(character)));
  return quote + escaped + quote;
}

/** A value as Python's `repr` writes it: `None`, `True`, `1`, `0.5`, `'mail'`. */
export function pythonValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'None';
    case 'string':
      return quoted(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return String(value);
    case 'number':
      return pythonNumber(value);
    default:
      return value === null ? 'None' : JSON.stringify(value);
  }
}

/** A text as one word: quoted where it could be taken for two words, or for a name and a value. */
export function word(text: string): string {
  return text === '' || visible(text) !== text || /[\s,;=:'"]/.test(text) ? quoted(text) : text;
}

/** Significant digits of C's `%g`. */
const DIGITS = 6;

/** The exponent below which Python and C write a number with its exponent. */
const MIN_FIXED_EXPONENT = -4;

/** A number as C's and Python's `%g` write it: six significant digits, an exponent of at least two digits where needed. */
export function generalNumber(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const { sign, digits, exponent } = rounded(value);
  if (exponent < MIN_FIXED_EXPONENT || exponent >= DIGITS) {
    return sign + withExponent(withoutTrailingZeros(`${digits[0]}.${digits.slice(1)}`), exponent);
  }
  const text =
    exponent < 0
      ? `0.${'0'.repeat(-exponent - 1)}${digits}`
      : `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  return sign + withoutTrailingZeros(text);
}

/** The same with a sign in front of positive numbers too: `%+g`. */
export function signedNumber(value: number): string {
  const text = generalNumber(value);
  return text.startsWith('-') ? text : `+${text}`;
}

/** So many digits tell an exact half from any other number. More than these `toExponential` does not write. */
const EXACT_DIGITS = 100;

/** A number that ends with a half of its sixth digit, which is even. */
const HALF_AFTER_EVEN = /^(-?\d\.\d{4}[02468])50*e(.+)$/;

/**
 * A number as six significant digits, and the exponent of the first of them. A number in the middle between two such gets
 * the even one, as in C. (`toExponential` gives it the larger one.)
 */
function rounded(value: number): {
  readonly sign: string;
  readonly digits: string;
  readonly exponent: number;
} {
  const half = HALF_AFTER_EVEN.exec(value.toExponential(EXACT_DIGITS));
  const [mantissa = '', exponent] = half?.slice(1) ?? value.toExponential(DIGITS - 1).split('e');
  const isNegative = value < 0 || Object.is(value, -0);
  return { sign: isNegative ? '-' : '', digits: mantissa.replace(/[-.]/g, ''), exponent: Number(exponent) };
}

/** A number as `repr` writes it: a whole number without a point, others with as few digits as tell them apart. */
function pythonNumber(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (Object.is(value, -0)) return '-0.0';
  if (Number.isInteger(value)) return String(BigInt(value));
  const [mantissa = '', exponent] = value.toExponential().split('e');
  return Number(exponent) < MIN_FIXED_EXPONENT ? withExponent(mantissa, Number(exponent)) : String(value);
}

function notFinite(value: number): string {
  return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
}

function withExponent(mantissa: string, exponent: number): string {
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** @param text a number with a point */
function withoutTrailingZeros(text: string): string {
  return text.replace(/\.?0*$/, '');
}
