import { parseDogStatsdPayload } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as event from '../src/event.ts';
import type { DogStatsdEvent, DogStatsdServiceCheck } from '../src/index.ts';
import { tagSpelling } from '../src/tags.ts';
import { hostile } from './hostile.ts';
import { runs } from '../../../test/runs.ts';

const NOTHING = { tags: '', originFields: '', maxBytes: 8192 };
const ENDS = { tags: '|#team:growth', originFields: '|c:ci-abc|card:low', maxBytes: 8192 };

/** The text of an event of which nothing is cut. */
function formatEvent(...given: Parameters<typeof event.formatEvent>): string {
  const { text, cut } = event.formatEvent(...given);
  expect(cut).toBeUndefined();
  return text;
}

function formatServiceCheck(...given: Parameters<typeof event.formatServiceCheck>): string {
  const { text, cut } = event.formatServiceCheck(...given);
  expect(cut).toBeUndefined();
  return text;
}

describe('an event', () => {
  it('is title and text behind their lengths', () => {
    expect(formatEvent({ title: 'Deploy', text: 'v42 is live' }, NOTHING)).toBe(
      '_e{6,11}:Deploy|v42 is live',
    );
    expect(formatEvent({ title: 'Deploy', text: '' }, NOTHING)).toBe('_e{6,0}:Deploy|');
  });

  it('has its lengths in bytes of UTF-8, after line ends are escaped', () => {
    expect(formatEvent({ title: 'Straße', text: '🚲|a\nb\r\nc\rd' }, NOTHING)).toBe(
      String.raw`_e{7,15}:Straße|🚲|a\nb\nc\nd`,
    );
  });

  it('has all fields', () => {
    const given: DogStatsdEvent = {
      title: 'Deploy',
      text: 'v42',
      timestamp: 1_700_000_000_999,
      hostname: 'web-1',
      aggregationKey: 'deploys',
      priority: 'low',
      sourceTypeName: 'jenkins',
      alertType: 'success',
    };
    expect(formatEvent(given, ENDS)).toBe(
      '_e{6,3}:Deploy|v42|d:1700000000|h:web-1|k:deploys|p:low|s:jenkins|t:success|#team:growth|c:ci-abc|card:low',
    );
  });

  it('has no field for what is undefined or empty', () => {
    const given = { title: 'a', text: 'b', hostname: '', priority: undefined, timestamp: undefined };
    expect(formatEvent(given, NOTHING)).toBe('_e{1,1}:a|b');
  });

  it('has an aggregation key of at most 100 characters, and nothing that ends a field', () => {
    const given = { title: 'a', text: 'b', aggregationKey: '😀'.repeat(150), hostname: 'a|t:error\nb' };
    expect(formatEvent(given, NOTHING)).toBe(`_e{1,1}:a|b|h:a_t:error_b|k:${'😀'.repeat(100)}`);
  });

  it.each<[unknown, RegExp]>([
    [{ title: '', text: 'b' }, /^its title is empty$/],
    [{ title: 5, text: 'b' }, /^its title is of type number, not a string$/],
    [{ title: 'a' }, /^its text is of type undefined/],
    [{ title: 'a', text: null }, /^its text is null/],
    [
      { title: 'a', text: 'b', alertType: 'warn' },
      /^its alertType is none of error, warning, info, success$/,
    ],
    [{ title: 'a', text: 'b', priority: 'high' }, /^its priority is none of normal, low$/],
    [{ title: 'a', text: 'b', hostname: {} }, /not a string/],
    [{ title: 'a', text: 'b', timestamp: Number.NaN }, /^its timestamp is no time in milliseconds/],
    [{ title: 'a', text: 'b', timestamp: '2026' }, /^its timestamp/],
    [{ title: 'a', text: 'b', timestamp: -1 }, /^its timestamp/],
  ])('that is wrong is refused: %j', (given, message) => {
    expect(() => formatEvent(given as DogStatsdEvent, NOTHING)).toThrow(message);
  });
});

describe('a service check', () => {
  it('is name, status and fields, the message last', () => {
    const check: DogStatsdServiceCheck = {
      name: 'shop.can_connect',
      status: 'critical',
      timestamp: 1_700_000_000_000,
      hostname: 'web-1',
      message: 'no answer',
    };
    expect(formatServiceCheck(check, ENDS)).toBe(
      '_sc|shop.can_connect|2|d:1700000000|h:web-1|#team:growth|c:ci-abc|card:low|m:no answer',
    );
  });

  it.each([
    ['ok', 0],
    ['warning', 1],
    ['critical', 2],
    ['unknown', 3],
  ] as const)('%s is %i', (status, number) => {
    expect(formatServiceCheck({ name: 'a', status }, NOTHING)).toBe(`_sc|a|${number}`);
  });

  // The Agent splits at `|` and unescapes nothing (`parse_service_checks.go`).
  it.each([
    ['m:one\nm: two|#tag:x', 'm:one m: two_#tag:x'],
    ['one\r\ntwo\rthree\n\nfour', 'one two three  four'],
    [String.raw`C:\new m\: \n`, String.raw`C:\new m\: \n`],
    ['half \ud83d', 'half \ufffd'],
    ['\n', ' '],
  ])('has the message %j as the Agent is to show it: %j', (message, shown) => {
    const line = formatServiceCheck({ name: 'a|b\nc', status: 'ok', message }, NOTHING);
    expect(line).toBe(`_sc|a_b_c|0|m:${shown}`);
    expect(parseDogStatsdPayload(line)).toMatchObject([{ kind: 'check', message: shown }]);
  });

  it('has no field for an empty message', () => {
    expect(formatServiceCheck({ name: 'a', status: 'ok', message: '' }, NOTHING)).toBe('_sc|a|0');
  });

  it.each<[unknown, RegExp]>([
    [{ name: '', status: 'ok' }, /^its name is empty$/],
    [{ status: 'ok' }, /^its name is of type undefined/],
    [{ name: 'a' }, /^its status is none of ok, warning, critical, unknown$/],
    [{ name: 'a', status: 0 }, /^its status is none of/],
    [{ name: 'a', status: 'ok', message: 5 }, /^its message is of type number/],
  ])('that is wrong is refused: %j', (check, message) => {
    expect(() => formatServiceCheck(check as DogStatsdServiceCheck, NOTHING)).toThrow(message);
  });
});

describe('what is too long', () => {
  const at = (maxBytes: number) => ({ ...NOTHING, tags: '|#k:v', maxBytes });

  it.each<[string, string, number, string, string | undefined]>([
    // `_e{4,6}:Long|abcdef|#k:v` has 24 bytes.
    ['Long', 'abcdef', 24, '_e{4,6}:Long|abcdef|#k:v', undefined],
    ['Long', 'abcdef', 23, '_e{4,5}:Long|abcde|#k:v', 'its text was cut after 5 bytes'],
    // Neither half a character nor half an escape.
    ['Long', 'abcd🚲', 24, '_e{4,4}:Long|abcd|#k:v', 'its text was cut after 4 bytes'],
    ['Long', 'abcdeé', 24, '_e{4,5}:Long|abcde|#k:v', 'its text was cut after 5 bytes'],
    ['Long', 'abcde\nf', 24, '_e{4,5}:Long|abcde|#k:v', 'its text was cut after 5 bytes'],
    ['Long', 'abcd\nef', 24, String.raw`_e{4,6}:Long|abcd\n|#k:v`, 'its text was cut after 6 bytes'],
    ['Long', 'abcd\r\ne', 24, String.raw`_e{4,6}:Long|abcd\n|#k:v`, 'its text was cut after 6 bytes'],
    ['Long', String.raw`abcde\f`, 24, String.raw`_e{4,6}:Long|abcde\|#k:v`, 'its text was cut after 6 bytes'],
    // The longer one gives way. The lengths in front have as much room as they would have of all.
    ['A long title', 'ab', 24, '_e{7,2}:A long |ab|#k:v', 'its title was cut after 7 bytes'],
    [
      'A long title',
      'a long text',
      24,
      '_e{4,4}:A lo|a lo|#k:v',
      'its title was cut after 4 bytes, and its text was cut after 4 bytes',
    ],
  ])('%j with %j in %i bytes becomes %j', (title, text, maxBytes, expected, cut) => {
    expect(event.formatEvent({ title, text }, at(maxBytes))).toEqual({ text: expected, cut });
  });

  it('fills what the Agent reads to the last byte', () => {
    const { text } = event.formatEvent({ title: 'Long', text: 'x'.repeat(9000) }, NOTHING);
    expect(text).toBe(`_e{4,8176}:Long|${'x'.repeat(8176)}`);
    expect(Buffer.byteLength(text)).toBe(8192);
    const check = { name: 'a', status: 'ok', message: `${'x'.repeat(8181)}🚲` } as const;
    expect(event.formatServiceCheck(check, NOTHING)).toEqual({
      text: `_sc|a|0|m:${'x'.repeat(8181)}`,
      cut: 'its message was cut after 8181 bytes',
    });
    const lines = { name: 'a', status: 'ok', message: '\r\n'.repeat(9000) } as const;
    expect(event.formatServiceCheck(lines, NOTHING).text).toBe(`_sc|a|0|m:${' '.repeat(8182)}`);
  });

  it('has no room for anything beside fields that are too long, and stays as it is', () => {
    const frame = { ...NOTHING, tags: `|#${'t'.repeat(9000)}` };
    expect(event.formatEvent({ title: 'Long', text: 'abc' }, frame)).toEqual({
      text: `_e{4,3}:Long|abc|#${'t'.repeat(9000)}`,
      cut: undefined,
    });
  });

  it('is cut on the border of a character, into an event that the Agent reads', () => {
    const part = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\n', '\r\n', '\\', 'n', '🚲', 'é', '€', '\ud83d', '|'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        part.filter((text) => text !== ''),
        part,
        fc.integer({ min: 40, max: 200 }),
        (title, text, maxBytes) => {
          const line = event.formatEvent({ title, text }, at(maxBytes));
          expect(Buffer.byteLength(line.text)).toBeLessThanOrEqual(maxBytes);
          const whole = parseDogStatsdPayload(formatEvent({ title, text }, NOTHING))[0] as {
            title: string;
            text: string;
          };
          const short = parseDogStatsdPayload(line.text)[0] as { title: string; text: string };
          expect(whole.title.startsWith(short.title) && whole.text.startsWith(short.text)).toBe(true);
          expect(line.cut === undefined).toBe(whole.title === short.title && whole.text === short.text);
          // Nothing is given away: the next character would not have had room.
          expect(Buffer.byteLength(line.text)).toBeGreaterThan(line.cut === undefined ? 0 : maxBytes - 8);
        },
      ),
      { numRuns: runs(3000) },
    );
  });
});

describe('whatever is said', () => {
  const spelling = tagSpelling();
  const tags = fc
    .array(fc.tuple(hostile, hostile), { maxLength: 3 })
    .map((pairs) => new Map(pairs.map(([one, other]) => [spelling.key(one), spelling.value(other)])));
  const maybe = fc.option(hostile, { nil: undefined });
  const timestamp = fc.option(fc.integer({ min: 1000, max: 2e12 }), { nil: undefined });
  const readable = (text: string) =>
    text
      .replace(/\r\n?/g, '\n')
      .replace(/\p{Cs}/gu, '\uFFFD')
      .replaceAll(String.raw`\n`, '\n');

  it('is one event to the Agent, with its title and text', () => {
    fc.assert(
      fc.property(
        hostile.filter((text) => text !== ''),
        hostile,
        tags,
        fc.record({ hostname: maybe, aggregationKey: maybe, sourceTypeName: maybe, timestamp }),
        (title, text, safeTags, fields) => {
          const ends = { ...NOTHING, tags: spelling.join([...safeTags]), originFields: '|card:low' };
          const parsed = parseDogStatsdPayload(formatEvent({ title, text, ...fields }, ends));
          expect(parsed).toHaveLength(1);
          expect(parsed[0]).toMatchObject({
            kind: 'event',
            title: readable(title),
            text: readable(text),
            cardinality: 'low',
          });
          expect(Object.keys(parsed[0]!.tags)).toHaveLength(safeTags.size);
        },
      ),
      { numRuns: runs(3000) },
    );
  });

  it('is one service check to the Agent', () => {
    fc.assert(
      fc.property(
        hostile.filter((text) => text !== ''),
        tags,
        fc.record({ hostname: maybe, message: maybe, timestamp }),
        (name, safeTags, fields) => {
          const ends = { ...NOTHING, tags: spelling.join([...safeTags]), originFields: '|card:low' };
          const text = formatServiceCheck({ name, status: 'warning', ...fields }, ends);
          const parsed = parseDogStatsdPayload(text);
          expect(parsed).toHaveLength(1);
          const message = fields.message
            ?.replace(/\r\n?|\n/g, ' ')
            .replace(/\p{Cs}/gu, '\uFFFD')
            .replaceAll('|', '_');
          expect(parsed[0]).toMatchObject({ kind: 'check', status: 'warning', cardinality: 'low' });
          expect((parsed[0] as { message?: string }).message).toBe(message || undefined);
          expect(Object.keys(parsed[0]!.tags)).toHaveLength(safeTags.size);
        },
      ),
      { numRuns: runs(3000) },
    );
  });
});
