import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generalNumber, quoted, signedNumber, word } from '../src/python-text.ts';

describe('quoted', () => {
  // What CPython 3 prints for repr() of the same texts.
  it.each([
    ['foo', "'foo'"],
    ["it's", `"it's"`],
    [`it's "so"`, `'it\\'s "so"'`],
    ['a\\b', "'a\\\\b'"],
    ['two\r\nlines\t', "'two\\r\\nlines\\t'"],
    ['\x1b[31mred', "'\\x1b[31mred'"],
    ['a\u2028b', "'a\\u2028b'"],
    ['no\u00a0break', "'no\\xa0break'"],
    ['naïve 漢字 🎉', "'naïve 漢字 🎉'"],
    ['\u{e0001}', "'\\U000e0001'"],
    ['\ud800', "'\\ud800'"],
    ['', "''"],
  ])('writes %j as Python does', (text, expected) => {
    expect(quoted(text)).toBe(expected);
  });
});

describe('word', () => {
  it.each([
    ['web-1', 'web-1'],
    ['a.b/c(d)', 'a.b/c(d)'],
    ['bob role=admin', "'bob role=admin'"],
    ['role=admin', "'role=admin'"],
    ["'quoted'", `"'quoted'"`],
    ['no\u00a0break', "'no\\xa0break'"],
    ['x\n', "'x\\n'"],
    ['\u202etxt', "'\\u202etxt'"],
    ['', "''"],
  ])('writes %j as %s', (text, expected) => {
    expect(word(text)).toBe(expected);
  });
});

describe('quoted texts', () => {
  it('have no character that could begin a line or colour a terminal', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom('\n', '\r', '\x1b', '\u2028', '\\', "'", 'n', '\ud800'),
            fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
          ),
        }),
        (text) => {
          expect(quoted(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
          expect(word(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
        },
      ),
    );
  });
});

describe('numbers', () => {
  // What CPython 3 prints for '%g' % value.
  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [2.5, '2.5'],
    [-3, '-3'],
    [30_000, '30000'],
    [1.8568, '1.8568'],
    [100_000, '100000'],
    [99_999.95, '99999.9'],
    [999_999.4, '999999'],
    [999_999.5, '1e+06'],
    [1_234_567, '1.23457e+06'],
    [0.0001, '0.0001'],
    [0.000_099_999_99, '0.0001'],
    [0.000_012_345_678, '1.23457e-05'],
    [1e100, '1e+100'],
    [5e-324, '4.94066e-324'],
    [0.1 + 0.2, '0.3'],
    [Number.NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('%d has the text %s', (value, expected) => {
    expect(generalNumber(value)).toBe(expected);
  });

  it('have a sign where it is asked for', () => {
    expect([1, -3, 0, -0, 1_234_567, Infinity].map(signedNumber)).toEqual([
      '+1',
      '-3',
      '+0',
      '-0',
      '+1.23457e+06',
      '+inf',
    ]);
  });

  it('keep six digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (value) => {
        const read = Number(generalNumber(value));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * 5.000001e-6 + 5e-324);
      }),
    );
  });
});
