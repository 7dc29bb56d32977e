import { describe, expect, it } from 'vitest';
import { parseDogStatsdPayload } from '../src/index.ts';

const read = (payload: string) =>
  parseDogStatsdPayload(payload).map(({ tags, ...one }) => ({ ...one, tags: { ...tags } }));

describe('the strict parser of DogStatsD', () => {
  it('reads metrics with all their fields, in any order', () => {
    expect(
      read('a.b_c:1|c|#k:v,l:m:n o,bare\nx:-2.5|g|T1700000000|c:in-7|e:it-false,cn-a|card:none'),
    ).toEqual([
      {
        kind: 'metric',
        name: 'a.b_c',
        type: 'c',
        values: [1],
        rate: 1,
        weight: 1,
        tags: { k: 'v', l: 'm:n o', bare: '' },
      },
      {
        kind: 'metric',
        name: 'x',
        type: 'g',
        values: [-2.5],
        rate: 1,
        weight: 1,
        tags: {},
        timestamp: 1_700_000_000,
        container: 'in-7',
        externalEnv: 'it-false,cn-a',
        cardinality: 'none',
      },
    ]);
  });

  it('reads packed values and rates, cut to whole weights as the Agent does', () => {
    expect(read('a:1:2:3|d|@0.5')).toMatchObject([{ values: [1, 2, 3], weight: 2 }]);
    // 1 / 93, parsed again, is a little more than 1 / 93.
    expect(read(`a:1|ms|@${1 / 93}`)).toMatchObject([{ weight: 92 }]);
  });

  it('reads events by their lengths in bytes, and undoes the escapes', () => {
    expect(
      read(String.raw`_e{7,7}:Straße|a|b\nß|d:5|h:web|k:key|p:low|s:source|t:error|#k:v|c:ci-a`),
    ).toEqual([
      {
        kind: 'event',
        title: 'Straße',
        text: 'a|b\nß',
        tags: { k: 'v' },
        timestamp: 5,
        hostname: 'web',
        aggregationKey: 'key',
        priority: 'low',
        sourceTypeName: 'source',
        alertType: 'error',
        container: 'ci-a',
      },
    ]);
    expect(read('_e{1,0}:a|')).toEqual([{ kind: 'event', title: 'a', text: '', tags: {} }]);
  });

  it('reads service checks, and their messages as they are', () => {
    expect(read(String.raw`_sc|app.ok|2|d:5|h:web|#k:v|m:one\ntwo m\: m: three`)).toEqual([
      {
        kind: 'check',
        name: 'app.ok',
        status: 'critical',
        tags: { k: 'v' },
        timestamp: 5,
        hostname: 'web',
        message: String.raw`one\ntwo m\: m: three`,
      },
    ]);
  });

  it('reads bytes, and refuses those that are no text', () => {
    expect(parseDogStatsdPayload(Buffer.from('a:1|c|#k:🚲'))).toHaveLength(1);
    expect(() => parseDogStatsdPayload(Buffer.from('a:1|c|#k:🚲').subarray(0, -1))).toThrow(/encoded data/);
  });

  it.each([
    ['a:1|c\n', 'an empty line'],
    ['a:1|c\r', 'a carriage return'],
    ['a:1|c|#k:\ud83d', 'half a surrogate pair'],
    ['a', 'another type'],
    ['a:1|s', 'another type'],
    ['a|c', 'no value'],
    ['1a:1|c', 'a name that Datadog would change'],
    ['a-b:1|c', 'a name that Datadog would change'],
    [`${'a'.repeat(201)}:1|c`, 'a name that Datadog would change'],
    ['a:1e-7|c', 'no plain decimal'],
    ['a:+1|g', 'no plain decimal'],
    ['a:-0|g', 'no plain decimal'],
    ['a:1::2|d', 'no plain decimal'],
    ['a:1|d|@1e-7', 'a rate that is no plain decimal'],
    ['a:1|d|@2', 'a rate outside'],
    ['a:1|d|@0', 'a rate outside'],
    ['a:1|g|@0.5', 'gauges do not have'],
    ['a:1|d|T1700000000', 'only c and g'],
    ['a:1|c|T1700000000|@0.5', 'a rate with a time'],
    ['a:1|c|T1700000000000', 'a time that is not in seconds'],
    ['a:1|c|x', 'an unknown field'],
    ['a:1|c|#k:v|#l:w', 'two fields #'],
    ['a:1|c|#', 'an empty field'],
    ['a:1|c|#k:', 'a tag without key or value'],
    ['a:1|c|#:v', 'a tag without key or value'],
    ['a:1|c|#k:v,,l:w', 'a tag without key or value'],
    ['a:1|c|#k:v,k:w', 'a key twice'],
    ['a:1|c|#k:a\u2028b', 'a control character in a tag'],
    [`a:1|c|#k:${'é'.repeat(199)}`, 'more than 200 characters'],
    ['a:1|c|c:abc', 'no container'],
    ['a:1|c|card:all', 'no cardinality'],
    ['_e{1,1:a|b', 'no header'],
    ['_e{0,1}:|b', 'without a title'],
    ['_e{2,1}:a|b', 'shorter than it says'],
    ['_e{1,2}:ab|c', 'no | behind the title'],
    ['_e{1,1}:a|bc', 'longer than it says'],
    ['_e{1,1}:a|b|t:warn', 'an alert type that there is not'],
    ['_e{1,1}:a|b|p:high', 'a priority that there is not'],
    ['_e{1,1}:a|ß', 'longer than it says'],
    ['_scale:1|c', 'no name of a service check'],
    ['_sc||0', 'no name'],
    ['_sc|a|4', 'a status that there is not'],
    ['_sc|a|0|m:b|#k:v', 'not the last field'],
    ['_sc|a|0|m:b|c', 'an unknown field'],
    ['_sc|a|0|m:b|m:c', 'two fields m:'],
  ])('refuses %j: %s', (payload, why) => {
    expect(() => parseDogStatsdPayload(payload)).toThrow(why);
  });

  it('refuses a length that cuts a character in two', () => {
    expect(() => parseDogStatsdPayload('_e{2,1}:aé|b')).toThrow('no | behind the title');
    expect(() => parseDogStatsdPayload('_e{1,3}:a|bcé')).toThrow('longer than it says');
  });
});
