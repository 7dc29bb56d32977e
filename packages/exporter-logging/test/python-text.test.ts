import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generalNumber, pythonValue, quoted, signedNumber, word } from '../src/python-text.ts';
import { runs } from '../../../test/runs.ts';

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

describe('pythonValue', () => {
  // What CPython 3 prints for repr() of the same values; whole numbers are its `int`.
  it.each<[unknown, string]>([
    [undefined, 'None'],
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [1, '1'],
    [-1, '-1'],
    ['1', "'1'"],
    ['true', "'true'"],
    [1.5, '1.5'],
    [0.1, '0.1'],
    [1 / 3, '0.3333333333333333'],
    [123_456_789.123, '123456789.123'],
    [0.0001, '0.0001'],
    [0.000_123_45, '0.00012345'],
    [0.000_01, '1e-05'],
    [0.000_000_15, '1.5e-07'],
    [1e22, '10000000000000000000000'],
    [-0, '-0.0'],
    [Number.NaN, 'nan'],
    [-Infinity, '-inf'],
    ['two\nlines', "'two\\nlines'"],
  ])('writes %j as Python does', (value, expected) => {
    expect(pythonValue(value)).toBe(expected);
  });

  it('writes a bigint as a whole number', () => {
    expect(pythonValue(-(2n ** 64n))).toBe('-18446744073709551616');
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
    [100, '100'],
    [0.5, '0.5'],
    [0.12, '0.12'],
    [2 ** -13, '0.00012207'],
    // Exact halves go to the even digit.
    [123_456.5, '123456'],
    [123_457.5, '123458'],
    [-123_456.5, '-123456'],
    [100_000.5, '100000'],
    [100_001.5, '100002'],
    [999_998.5, '999998'],
    [1_234_565, '1.23456e+06'],
    [1_234_575, '1.23458e+06'],
    [12_345_650_000_000_000_000_000, '1.23456e+22'],
    // These only look like halves: the nearest double is below or above.
    [12_345.65, '12345.6'],
    [1.000_005, '1.00001'],
    [0.000_122_070_5, '0.000122071'],
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

  it('are those of exact arithmetic, also at halves', () => {
    const half = fc
      .tuple(fc.integer({ min: 100_000, max: 999_999 }), fc.integer({ min: -10, max: 15 }))
      .map(([digits, power]) =>
        power < 0 ? (digits * 10 + 5) / 10 ** -power : (digits * 10 + 5) * 10 ** power,
      );
    const binary = fc
      .tuple(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), fc.integer({ min: -30, max: 30 }))
      .map(([mantissa, exponent]) => mantissa * 2 ** exponent);
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(half, binary, any), (value) => {
        expect(generalNumber(value)).toBe(generalByFractions(value));
      }),
      { numRuns: runs(5000) },
    );
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

/** `%g` by the words of C's standard (7.23.6.1), in whole numbers: a double is a fraction of two of them. */
function generalByFractions(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0`;
  let denominator = 1n;
  let rest = Math.abs(value);
  for (; !Number.isInteger(rest); rest *= 2) denominator *= 2n;
  let numerator = BigInt(rest);
  // So that 100000 <= numerator / denominator < 1000000, and the value is that by ten to the power of `exponent - 5`.
  let exponent = 5;
  for (; numerator < 100_000n * denominator; exponent -= 1) numerator *= 10n;
  for (; numerator >= 1_000_000n * denominator; exponent += 1) denominator *= 10n;
  let whole = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  if (twice > denominator || (twice === denominator && whole % 2n === 1n)) whole += 1n;
  if (whole === 1_000_000n) {
    whole = 100_000n;
    exponent += 1;
  }
  let digits = String(whole);
  while (digits.endsWith('0')) digits = digits.slice(0, -1);
  if (exponent < -4 || exponent >= 6) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const before = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const after = digits.slice(exponent + 1);
  return sign + before + (after && `.${after}`);
}
