import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonErrorPosition, parseJsonSetting } from '../src/json-setting.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('jsonErrorPosition', () => {
  it.each([
    ['{"host":"localhost","port":8125}', undefined],
    [' [1, -2.5e+3, true, null, "\\u00e9\\n"] ', undefined],
    ['', 0],
    ['{', 1],
    ['{"host":"localhost",}', 20],
    ["{'host':'localhost'}", 1],
    ['{host: 1}', 1],
    ['{"a" 1}', 5],
    ['{"a":1 "b":2}', 7],
    ['{"a":01}', 6],
    ['{"a":1}}', 7],
    ['[1,]', 3],
    ['[1}', 2],
    ['"a\nb"', 0],
    ['"\\x"', 0],
    ['nul', 0],
    ['[1 2]', 3],
  ])('of %j is %j', (text, position) => {
    expect(jsonErrorPosition(text)).toBe(position);
  });

  it('finds a mistake exactly where JSON.parse does', () => {
    const nearly = fc.array(
      fc.constantFrom(
        ...['{', '}', '[', ']', ',', ':'],
        '"',
        '"a"',
        '"\\u12fF"',
        '\\',
        '0',
        '-1',
        '1.5',
        '1e9',
        '.',
        'true',
        'null',
        'x',
        ' ',
        '\n',
        '\x7f',
        '\u2028',
        '\x01',
      ),
      { maxLength: 10 },
    );
    const text = fc.oneof(
      nearly.map((parts) => parts.join('')),
      fc.json(),
      fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 1 })).map(([json, at, put]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + put + json.slice(place + 1);
      }),
    );
    fc.assert(
      fc.property(text, (some) => {
        const position = jsonErrorPosition(some);
        expect(position === undefined).toBe(isJson(some));
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('parseJsonSetting', () => {
  it('names the setting, the position and the character, and nothing of what it says', () => {
    expect(() => parseJsonSetting('METRICS_OPTIONS', '{"apiKey":"secret",\n "site" "x"}')).toThrow(
      /^METRICS_OPTIONS is not valid JSON at position 28 \(line 2, column 9\): a "\\"" can't stand there$/,
    );
    expect(() => parseJsonSetting('METRICS_OPTIONS', '{"apiKey":"secret"')).toThrow(
      /^METRICS_OPTIONS is not valid JSON at position 18 \(line 1, column 19\): it ends too early$/,
    );
    expect(() => parseJsonSetting('METRICS_OPTIONS', '["host"]')).toThrow(
      'METRICS_OPTIONS must be a JSON object',
    );
  });
});
