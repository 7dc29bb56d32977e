import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string;

/** @param isColoured whether there are colours at all */
export function painter(isColoured: boolean): Paint {
  if (!isColoured) return (_format, text) => text;
  // Whether there are colours is decided already.
  return (format, text) => styleText(format, text, { validateStream: false });
}

/** A text in which nothing can move the cursor of a terminal: characters without a shape become escapes. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return String.raw`\u{${code}}`;
  });
}

/**
 * A number in at most seven characters, for people: `12.35`, `1.235k`, `98.77M`.
 *
 * @param precision how many digits are shown at most
 */
export function shortNumber(value: number, precision = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e15)) return value.toExponential(1);
  // Up to 9,999 a number is shown as it is.
  const [factor, letter] = size < 9999.5 ? [1, ''] : UNITS.find(([one]) => size >= one)!;
  return `${digits(value / factor, precision)}${letter}`;
}

const UNITS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

function digits(value: number, precision: number): string {
  // Before the point, nothing is rounded.
  return String(
    Number(value.toPrecision(Math.max(precision, Math.trunc(Math.abs(value)).toString().length))),
  );
}

/** A time span in at most four characters: `3s`, `12m`, `2h`. */
export function shortSpan(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 6000) return `${Math.floor(seconds / 60)}m`;
  return `${Math.floor(seconds / 3600)}h`;
}

/** Exactly that many columns: filled with blanks, or cut, which an ellipsis shows. */
export function fit(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const characters = Array.from(text);
  if (characters.length > width) return `${characters.slice(0, width - 1).join('')}…`;
  const blanks = ' '.repeat(width - characters.length);
  return side === 'left' ? text + blanks : blanks + text;
}
