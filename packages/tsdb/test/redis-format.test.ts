import { describe, expect, it } from 'vitest';
import { boundedHistogram } from '../src/cells.ts';
import { PendingDeltas, remoteSeries } from '../src/pending.ts';
import { parseCell, parseMetric, parseSeries, RedisKeys, writeCommand } from '../src/redis-format.ts';
import type { Rollup } from '../src/rollups.ts';

const ROLLUPS: readonly Rollup[] = [
  [10, 360],
  [3600, 168],
  [86_400, 90],
];
const jobs = remoteSeries({ type: 'counter', name: 'jobs', unit: '{job}' }, '{"queue":"mail"}');
const at = 1_800_000_000;

/** The command as keys and operations. */
function operations(command: readonly string[]) {
  const [verb, , keyCount, ...rest] = command;
  const keys = rest.slice(0, Number(keyCount));
  const words = rest.slice(Number(keyCount) + 3);
  return {
    verb,
    keys,
    header: rest.slice(Number(keyCount), Number(keyCount) + 3),
    list: Array.from({ length: words.length / 4 }, (_, index) => {
      const [name, key, field, value] = words.slice(index * 4, index * 4 + 4);
      return [name, keys[Number(key) - 1], field, value] as const;
    }),
  };
}

function write(deltas: Parameters<typeof writeCommand>[0]) {
  const options = {
    keys: new RedisKeys('p:'),
    rollups: ROLLUPS,
    histogramBuckets: 64,
    writer: 'w',
    now: at + 1.5,
  };
  return operations(writeCommand(deltas, 7, options));
}

const delta = (level: number) => ({
  series: jobs,
  level,
  bucket: at,
  value: 3,
  millis: at * 1000,
  points: 2,
});

describe('writeCommand', () => {
  it('adds to every rollup, says when each key ends, and what was seen', () => {
    const { verb, keys, header, list } = write([delta(0)]);
    const node = jobs.virtualNode;
    const hour = Math.floor(at / 3600) * 3600;
    const day = Math.floor(at / 86_400) * 86_400;
    const [ten, hourly, daily] = [`p:10:${at}:${node}`, `p:3600:${hour}:${node}`, `p:86400:${day}:${node}`];
    expect({ verb, header, writer: keys[0] }).toEqual({
      verb: 'EVAL',
      header: ['7', '2592000', '64'],
      writer: 'p:writer:w',
    });
    const memory = 86_400 * 92;
    expect(list).toEqual([
      ['count', ten, jobs.field, '3'],
      ['count', hourly, jobs.field, '3'],
      ['count', daily, jobs.field, '3'],
      ['expire', ten, '', String(at + 3620)],
      ['expire', hourly, '', String(hour + 3600 * 170)],
      ['expire', daily, '', String(day + memory)],
      ['seen', 'p:metrics', '["jobs","counter","{job}"]', String(at + 1)],
      ['seen', 'p:series:jobs', '["counter","{job}",{"queue":"mail"}]', String(at + 1)],
      ['forget', 'p:metrics', '', String(at + 1 - memory)],
      ['forget', 'p:series:jobs', '', String(at + 1 - memory)],
      ['expire', 'p:series:jobs', '', String(at + 1 + memory)],
    ]);
  });

  it('leaves the finer rollups of what was merged into coarser buckets alone', () => {
    for (const level of [0, 1, 2]) {
      const counted = write([delta(level)]).list.filter(([verb]) => verb === 'count');
      expect(counted.map(([, key]) => key!.split(':')[1])).toEqual(['10', '3600', '86400'].slice(level));
    }
  });

  it('says gauges with their time, and distributions so that they are read again', () => {
    const depth = remoteSeries({ type: 'gauge', name: 'depth', unit: '' }, '{}');
    const size = remoteSeries({ type: 'distribution', name: 'size', unit: '' }, '{}');
    const histogram = boundedHistogram(
      {
        type: 'explicit',
        boundaries: [-5, 0, 10],
        counts: [2, 3, 4, 5],
        count: 14,
        sum: 100.5,
        min: -8,
        max: 40,
      },
      64,
    );
    const pending = new PendingDeltas(ROLLUPS, 1e9, 64);
    pending.add(depth, at, at * 1000, -1e-7);
    pending.add(size, at, at * 1000, histogram);
    const { list } = write(pending.take(2));
    const [last] = list.filter(([verb]) => verb === 'last');
    const [merge] = list.filter(([verb]) => verb === 'merge');
    expect(last![3]).toBe(`${at * 1000} -1e-7`);
    expect(parseCell('gauge', last![3])).toBe(-1e-7);
    expect(parseCell('distribution', merge![3])).toEqual(histogram);
  });
});

describe('what somebody else wrote', () => {
  it.each(['', 'x', '1 2 3', '{}', '[]', '[1,2,3]', '["a","set",""]', 'NaN', null, 7])(
    'is not read: %j',
    (text) => {
      expect(parseCell('distribution', text)).toBeUndefined();
      expect(parseMetric(String(text))).toBeUndefined();
      expect(parseSeries('x', String(text))).toBeUndefined();
    },
  );
});
