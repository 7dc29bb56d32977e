import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOptionError } from '@tallykit/exporter-base';
import { findJsonMistake, parseJsonSetting } from '../src/json-setting.ts';
import { runs } from '../../../test/runs.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonMistake', () => {
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
    expect(findJsonMistake(text)?.offset).toBe(position);
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
        const mistake = findJsonMistake(some);
        expect(mistake === undefined).toBe(isJson(some));
        expect(mistake?.offset ?? 0).toBeLessThanOrEqual(some.length);
      }),
      { numRuns: runs(20_000) },
    );
  });
});

describe('parseJsonSetting', () => {
  const messageOf = (text: string): string => {
    try {
      parseJsonSetting({ name: 'METRICS_OPTIONS', value: text });
    } catch (error) {
      return isOptionError(error) ? error.message : 'another error';
    }
    return 'no error';
  };
  const start = 'startMetrics: `METRICS_OPTIONS` must be a JSON object such as {"host":"localhost"}, not ';

  it('reads an object', () => {
    expect(parseJsonSetting({ name: 'METRICS_OPTIONS', value: ' {"port":8125}' })).toEqual({ port: 8125 });
  });

  it.each([
    ['{"apiKey":"secret",\n "site" "x"}', 28, 'line 2, column 9', 'a colon is missing'],
    ['{"apiKey":"secret"', 18, 'line 1, column 19', 'the closing brace is missing'],
    ['{"apiKey":"secret",}', 19, 'line 1, column 20', 'the name of a property in double quotes is missing'],
    ['{"apiKey":}', 10, 'line 1, column 11', 'a value is missing'],
    ['{"a":1 "apiKey":"secret"}', 7, 'line 1, column 8', 'a comma, or the end of the object or array'],
    ['{"a":[1', 7, 'line 1, column 8', 'the closing bracket is missing'],
    ['{"apiKey":"secret"}}', 19, 'line 1, column 20', 'nothing can follow there'],
    ["{'apiKey':'secret'}", 1, 'line 1, column 2', 'only strings in double quotes, numbers, true,'],
    ['{"apiKey":"secret', 10, 'line 1, column 11', 'the string has no end on its line'],
    ['{"apiKey":"secret\n"}', 10, 'line 1, column 11', 'the string has no end on its line'],
    ['{"apiKey":"secret\t"}', 10, 'line 1, column 11', 'a control character in the string must be'],
    ['{"apiKey":"\\secret"}', 10, 'line 1, column 11', 'a backslash in the string has a wrong character'],
    ['{"apiKey":"\\u00g0"}', 10, 'line 1, column 11', 'a \\u in the string has no four hexadecimal digits'],
    ['{"apiKey":1.}', 10, 'line 1, column 11', 'the number has no end'],
    ['{/* secret */}', 1, 'line 1, column 2', 'comments are not allowed'],
  ])('names the place and the problem of %j, and nothing of the text', (text, position, place, problem) => {
    const message = messageOf(text);
    expect(message).toContain(
      `${start}a string of ${text.length} characters that is not valid JSON at position ${position} (${place}): ${problem}`,
    );
    expect(message).not.toMatch(/apiKey|secret/);
  });

  it('says what is there instead of an object', () => {
    expect(messageOf('["host"]')).toBe(`${start}an array`);
    expect(messageOf('8125')).toBe(`${start}a number of 4 digits`);
    expect(messageOf('"secret"')).toBe(`${start}a string of 6 characters`);
    expect(messageOf('null')).toBe(`${start}null`);
  });
});
