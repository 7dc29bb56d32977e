import { describe, expect, it } from 'vitest';
import { parseStatsdLine, parseStatsdPayload } from '../src/index.ts';

describe('the strict parser of StatsD lines', () => {
  it.each([
    ['a.b-c_d:1|c|#k:v,l:m:n o', 'dogstatsd', { k: 'v', l: 'm:n o' }],
    ['a.b-c_d;k=v;l=m:1|c', 'graphite', { k: 'v', l: 'm' }],
    ['a.b-c_d,k=v,l=m:1|c', 'influx', { k: 'v', l: 'm' }],
    ['a.b-c_d[k=v,l=m]:1|c', 'signalfx', { k: 'v', l: 'm' }],
    ['a.b-c_d#k=v,l=m:1|c', 'librato', { k: 'v', l: 'm' }],
    ['a.b-c_d:1|c', 'none', {}],
  ] as const)('reads %j in %s', (text, dialect, tags) => {
    const { tags: read, ...line } = parseStatsdLine(text, dialect);
    expect(line).toEqual({ name: 'a.b-c_d', type: 'c', value: 1, rate: 1 });
    expect({ ...read }).toEqual(tags);
  });

  it('reads rates, fractions, and gauges below zero with the zero in front of them', () => {
    expect(parseStatsdPayload('a:0|g\na:-5.5|g\nb:12.25|ms|@0.1', 'none')).toMatchObject([
      { name: 'a', type: 'g', value: -5.5 },
      { name: 'b', type: 'ms', value: 12.25, rate: 0.1 },
    ]);
  });

  it.each([
    ['a:1|c\nb:1|c', 'dogstatsd'],
    ['a:1|c|#k:v|@0.5', 'dogstatsd'],
    ['a:1|c|#k', 'dogstatsd'],
    ['a:1|c|#k:v;x:y,z:1', 'dogstatsd'],
    ['a:1|c|#k:v', 'graphite'],
    ['a:1:2|ms', 'none'],
    ['a:1e-7|ms', 'none'],
    ['a:-1|ms', 'none'],
    ['a:1|h', 'none'],
    ['a:1|c|@2', 'none'],
    ['a b:1|c', 'none'],
    ['a;k=v,x=y:1|c', 'graphite'],
    ['a;k=v=w:1|c', 'graphite'],
    ['a;k=b[c]:1|c', 'graphite'],
    ['a[k=v:1|c', 'signalfx'],
    ['a,k=v:1|c', 'librato'],
    ['a:1|c\r', 'none'],
    ['a:1|c|#__k:v', 'dogstatsd'],
    ['a,.-k=v:1|c', 'influx'],
  ] as const)('refuses %j in %s', (text, dialect) => {
    expect(() => parseStatsdLine(text, dialect)).toThrow(JSON.stringify(text));
  });

  it('cuts counters, and nothing else, as a server of whole numbers does', () => {
    const payload = 'a:0.37|c\na:-2.9|c\na:-0.5|c\nb:1.5|g\nc:1.5|ms';
    const values = parseStatsdPayload(payload, 'none', { wholeCounters: true }).map(({ value }) => value);
    expect(values).toEqual([0, -2, 0, 1.5, 1.5]);
    expect(parseStatsdLine('a:9223372036854775808|c', 'none').value).toBe(2 ** 63);
    expect(() => parseStatsdLine('a:9223372036854775808|c', 'none', { wholeCounters: true })).toThrow(
      '64 bits',
    );
  });

  it.each(['a:-5|g', 'b:0|g\na:-5|g', 'a:1|g\na:-5|g', 'a:-5|g\na:0|g'])(
    'refuses the payload %j',
    (payload) => {
      expect(() => parseStatsdPayload(payload, 'none')).toThrow('a gauge below zero');
    },
  );
});
