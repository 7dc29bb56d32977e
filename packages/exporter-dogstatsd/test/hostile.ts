import fc from 'fast-check';

/** What ends a name, a tag, a field or a line somewhere, halves of characters, and characters of one to four bytes. */
const UNITS = [
  ...Array.from(':|@#,;={}_\\.0 \t\n\r\0\u0085\u2028aZmTc\'"'),
  '|#',
  '\r\n',
  'm:',
  String.raw`\n`,
  '_e{1,1}:',
  '_sc|',
  '\ud83d',
  '\ude00',
  'é',
  '€',
  '😀',
];

/** Texts that somebody might record, to see what breaks; now and then a long one. */
export const hostile = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...UNITS), minLength: 250, maxLength: 350 }) },
);
