import { describe, expect, it } from 'vitest';
import { humanRate, humanValue } from '../src/human-units.ts';

describe('humanValue', () => {
  it.each([
    [0, 'ms', '0 ms'],
    [0, 'By', '0 B'],
    [0, 'KiBy', '0 KiB'],
    [0, 'MBy', '0 MBy'],
    [12_345, 'd', '12350 d'],
    [14.2, 'ms', '14.2 ms'],
    [0.034_21, 'ms', '34.21 µs'],
    [1532, 'ms', '1.532 s'],
    [999.96, 'ms', '1 s'],
    [90, 's', '1.5 min'],
    [7200, 's', '2 h'],
    [36, 'h', '1.5 d'],
    [0.4, 'ns', '0.4 ns'],
    [-18.5, 'ms', '-18.5 ms'],
    [52_001, 'By', '50.78 KiB'],
    [134_217_728, 'By', '128 MiB'],
    [1.5, 'MBy', '1.431 MiB'],
    [2 ** 60, 'By', '1024 PiB'],
    [12, '{request}', '12 request'],
    [12, '1', '12'],
    [12, 'constructor', '12 constructor'],
    [12, 'ms, max 0', "12 'ms, max 0'"],
    [12, 'x\ninfo forged', String.raw`12 'x\ninfo forged'`],
    [12, '\u202e', String.raw`12 '\u202e'`],
    [12, '', '12'],
    [99.5, '%', '99.5 %'],
    [1_234_567, '', '1234567'],
    [0.123_456, '', '0.1235'],
  ])('%d of unit %j is %j', (value, unit, expected) => {
    expect(humanValue(value, unit)).toBe(expected);
  });

  it('says rates in a second', () => {
    expect(humanRate(1204, '', 10)).toBe('120.4/s');
    expect(humanRate(52_001, 'By', 10)).toBe('5.078 KiB/s');
    expect(humanRate(1, '', 3)).toBe('0.3333/s');
  });
});
