import { parseDogStatsdPayload } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEvent, formatServiceCheck, type DogStatsdServiceCheck } from '../src/event.ts';
import type { DogStatsdEvent } from '../src/index.ts';
import { tagSpelling } from '../src/tags.ts';
import { hostile } from './hostile.ts';

const NOTHING = { tags: '', originFields: '' };
const ENDS = { tags: '|#team:growth', originFields: '|c:ci-abc|card:low' };

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
    const event: DogStatsdEvent = {
      title: 'Deploy',
      text: 'v42',
      timestamp: 1_700_000_000_999,
      hostname: 'web-1',
      aggregationKey: 'deploys',
      priority: 'low',
      sourceTypeName: 'jenkins',
      alertType: 'success',
    };
    expect(formatEvent(event, ENDS)).toBe(
      '_e{6,3}:Deploy|v42|d:1700000000|h:web-1|k:deploys|p:low|s:jenkins|t:success|#team:growth|c:ci-abc|card:low',
    );
  });

  it('has no field for what is undefined or empty', () => {
    const event = { title: 'a', text: 'b', hostname: '', priority: undefined, timestamp: undefined };
    expect(formatEvent(event, NOTHING)).toBe('_e{1,1}:a|b');
  });

  it('has an aggregation key of at most 100 characters, and nothing that ends a field', () => {
    const event = { title: 'a', text: 'b', aggregationKey: '😀'.repeat(150), hostname: 'a|t:error\nb' };
    expect(formatEvent(event, NOTHING)).toBe(`_e{1,1}:a|b|h:a_t:error_b|k:${'😀'.repeat(100)}`);
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
  ])('that is wrong is refused: %j', (event, message) => {
    expect(() => formatEvent(event as DogStatsdEvent, NOTHING)).toThrow(message);
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

  it('has a message in which nothing ends it or begins another', () => {
    const check = { name: 'a|b\nc', status: 'ok', message: 'm:one\nm: two|#tag:x' } as const;
    expect(formatServiceCheck(check, NOTHING)).toBe(String.raw`_sc|a_b_c|0|m:m\:one\nm\: two_#tag:x`);
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
          const ends = { tags: spelling.join([...safeTags]), originFields: '|card:low' };
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
      { numRuns: 3000 },
    );
  });

  it('is one service check to the Agent', () => {
    fc.assert(
      fc.property(
        hostile.filter((text) => text !== ''),
        tags,
        fc.record({ hostname: maybe, message: maybe, timestamp }),
        (name, safeTags, fields) => {
          const ends = { tags: spelling.join([...safeTags]), originFields: '|card:low' };
          const text = formatServiceCheck({ name, status: 'warning', ...fields }, ends);
          const parsed = parseDogStatsdPayload(text);
          expect(parsed).toHaveLength(1);
          expect(parsed[0]).toMatchObject({ kind: 'check', status: 'warning', cardinality: 'low' });
          expect(Object.keys(parsed[0]!.tags)).toHaveLength(safeTags.size);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
