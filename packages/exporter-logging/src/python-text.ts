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

/** A text as one word: quoted where it could be taken for two words, or for a name and a value. */
export function word(text: string): string {
  return text === '' || visible(text) !== text || /[\s,;=:'"]/.test(text) ? quoted(text) : text;
}

/** Tags that are safe to print: control characters are shown as escapes. */
export function visibleTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([tag, value]) => [visible(tag), visible(value)]));
}

/** Significant digits of C's `%g`. */
const DIGITS = 6;

/** A number as C's and Python's `%g` write it: six significant digits, an exponent of at least two digits where needed. */
export function generalNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  // The exponent after rounding: 999999.5 becomes 1e+06.
  const [mantissa = '', exponentText = '0'] = value.toExponential(DIGITS - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= DIGITS) {
    const sign = exponent < 0 ? '-' : '+';
    return `${withoutTrailingZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return (Object.is(value, -0) ? '-' : '') + withoutTrailingZeros(value.toFixed(DIGITS - 1 - exponent));
}

/** The same with a sign in front of positive numbers too: `%+g`. */
export function signedNumber(value: number): string {
  const text = generalNumber(value);
  return text.startsWith('-') ? text : `+${text}`;
}

function withoutTrailingZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
