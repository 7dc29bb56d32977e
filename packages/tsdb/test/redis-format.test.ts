import { describe, expect, it } from 'vitest';
import { boundedHistogram } from '../src/cells.ts';
import { parseEvent, type StoredEvent } from '../src/events.ts';
import { PendingDeltas, remoteSeries, type Delta } from '../src/pending-deltas.ts';
import {
  parseCell,
  parseMetric,
  parseSeries,
  parseWriteAnswer,
  RedisKeys,
  writeCommand,
} from '../src/redis-format.ts';
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
    list: Array.from({ length: words.length / 5 }, (_, index) => {
      const [name, owner, key, field, value] = words.slice(index * 5, index * 5 + 5);
      return [name, owner, keys[Number(key) - 1], field, value] as const;
    }),
  };
}

const OPTIONS = {
  keys: new RedisKeys('p:'),
  rollups: ROLLUPS,
  histogramBuckets: 64,
  writer: 'w',
  idleSeconds: 3000,
  nowSeconds: at + 1.5,
};

function write(deltas: readonly Delta[], events: readonly StoredEvent[] = []) {
  return operations(writeCommand({ deltas, events, firstSeconds: at - 5 }, 7, OPTIONS).words);
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
    const [ten, hourly, daily] = ['10', '3600', '86400'].map(
      (seconds, index) => `p:v2:${seconds}:${[at, hour, day][index]}:${node}`,
    );
    expect({ verb, header, writer: keys[0] }).toEqual({
      verb: 'EVAL',
      header: ['7', '2592000', '64'],
      writer: 'p:v2:writer:w',
    });
    const memory = 86_400 * 92;
    expect(list).toEqual([
      ['seen', '*', 'p:v2:metrics', '["jobs","counter","{job}"]', String(at + 1)],
      ['seen', '1', 'p:v2:series:jobs', '["counter","{job}",{"queue":"mail"}]', String(at + 1)],
      ['count', '1', ten, jobs.field, '3'],
      ['count', '1', hourly, jobs.field, '3'],
      ['count', '1', daily, jobs.field, '3'],
      ['expire', '-', ten, '', String(at + 3620)],
      ['expire', '-', hourly, '', String(hour + 3600 * 170)],
      ['expire', '-', daily, '', String(day + memory)],
      ['least', '-', 'p:v2:first', '', String(at - 5)],
      ['expire', '-', 'p:v2:first', '', String(at + 1 + memory)],
      ['forget', '-', 'p:v2:metrics', '', String(at + 1 - 3000)],
      ['expire', '-', 'p:v2:metrics', '', String(at + 1 + memory)],
      ['forget', '-', 'p:v2:series:jobs', '', String(at + 1 - 3000)],
      ['expire', '-', 'p:v2:series:jobs', '', String(at + 1 + 3000)],
    ]);
  });

  it('adds events, each with a text of its own, and leaves the last 200', () => {
    const event = { timeSeconds: at, title: 'Deploy', text: 'v42', alertType: undefined, tags: { a: 'b' } };
    const list = write([delta(0)], [event, event]).list.filter(([, , key]) => key === 'p:v2:events');
    expect(list).toEqual([
      ['seen', '2', 'p:v2:events', '[1800000000,"Deploy","v42","",{"a":"b"},"w 7 0"]', String(at)],
      ['seen', '2', 'p:v2:events', '[1800000000,"Deploy","v42","",{"a":"b"},"w 7 1"]', String(at)],
      ['newest', '-', 'p:v2:events', '', '200'],
      ['expire', '-', 'p:v2:events', '', String(at + 1 + 86_400 * 92)],
    ]);
    expect(parseEvent(list[0]![3]!)).toEqual(event);
  });

  it('leaves the finer rollups of what was merged into coarser buckets alone', () => {
    for (const level of [0, 1, 2]) {
      const counted = write([delta(level)]).list.filter(([verb]) => verb === 'count');
      expect(counted.map(([, , key]) => key!.split(':')[2])).toEqual(['10', '3600', '86400'].slice(level));
    }
  });

  it('numbers what a batch has of each series', () => {
    const other = remoteSeries({ type: 'counter', name: 'jobs', unit: '{job}' }, '{"queue":"push"}');
    const deltas = [delta(0), { ...delta(0), series: other }, { ...delta(0), bucket: at + 10 }];
    const command = writeCommand({ deltas, events: [], firstSeconds: at }, 7, OPTIONS);
    expect(command.bySeries).toEqual([[deltas[0], deltas[2]], [deltas[1]]]);
    const owners = operations(command.words).list.flatMap(([verb, owner, , field]) =>
      verb === 'count' ? [`${owner} ${field}`] : [],
    );
    expect(new Set(owners)).toEqual(new Set([`1 ${jobs.field}`, `2 ${other.field}`]));
  });

  it('writes gauges with their time, and distributions so that they are read again', () => {
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
    expect(last![4]).toBe(`${at * 1000} -1e-7`);
    expect(parseCell('gauge', last![4])).toBe(-1e-7);
    expect(parseCell('distribution', merge![4])).toEqual(histogram);
  });
});

describe('the answer to a batch', () => {
  it('names the series that were refused', () => {
    const written = { isRepeated: false, failedOperations: 0, reason: '', refused: [] };
    expect(parseWriteAnswer([0, 0, ''], 2)).toEqual(written);
    expect(parseWriteAnswer([1, 0, ''], 2)).toEqual({ ...written, isRepeated: true });
    const refused = { isRepeated: false, failedOperations: 3, reason: 'why', refused: [1] };
    expect(parseWriteAnswer([0, 3, 'why', 2], 2)).toEqual(refused);
    expect(parseWriteAnswer([0, 3, 'why', 0], 2)).toEqual({ ...refused, refused: [0, 1] });
  });

  it.each([
    undefined,
    'OK',
    -7,
    0,
    [],
    [0],
    [0, 0],
    [2, 0, ''],
    [0, 'x', ''],
    [0, 1, '', 3],
    [0, 1, '', 'x'],
  ])('is none: %j', (answer) => {
    expect(parseWriteAnswer(answer, 2)).toBeUndefined();
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
