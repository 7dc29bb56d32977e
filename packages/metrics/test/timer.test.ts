import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { Metrics } from '../src/index.ts';
import { setUp } from './collect.ts';
import type { ManualReader } from './collect.ts';

function timed(): {
  metrics: Metrics;
  results: () => Promise<Record<string, unknown>[]>;
  reader: ManualReader;
} {
  const { reader, meterProvider } = setUp();
  const results = async (): Promise<Record<string, unknown>[]> =>
    (await reader.points()).map(({ name, tags, count }) => ({ name, ...tags, count }));
  return { metrics: createMetrics({ meterProvider }), results, reader };
}

describe('time', () => {
  it('returns what the function returns, and records success', async () => {
    const { metrics, results } = timed();
    const value = {};
    expect(
      metrics.time('job', () => value, { tags: { queue: 'mail', result: 'mine' }, instance: 'w1' }),
    ).toBe(value);
    expect(await results()).toEqual([
      { name: 'job', queue: 'mail', instance: 'w1', result: 'success', count: 1 },
    ]);
  });

  it('throws what the function throws, and records failure', async () => {
    const { metrics, results } = timed();
    const error = new Error('no');
    const fail = (): never => {
      throw error;
    };
    expect(() => metrics.time('job', fail)).toThrow(error);
    expect(await results()).toEqual([{ name: 'job', result: 'failure', count: 1 }]);
  });

  it('times a promise to its settling', async () => {
    const { metrics, results, reader } = timed();
    let clock = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    onTestFinished(() => void vi.restoreAllMocks());
    let settle = (_value: string): void => {};
    const work = new Promise<string>((resolve) => (settle = resolve));
    const returned = metrics.time('job', () => work);
    expect(await results()).toEqual([]);
    clock += 250;
    settle('done');
    expect(await returned).toBe('done');
    expect(await reader.points()).toMatchObject([
      { value: 250, count: 1, tags: { result: 'success' }, unit: 'ms' },
    ]);
  });

  it('rejects as the function does, and tells an abort from a failure', async () => {
    const { metrics, results } = timed();
    const controller = new AbortController();
    controller.abort();
    const errors = [new Error('no'), controller.signal.reason as Error, undefined];
    for (const error of errors) {
      await expect(metrics.time('job', () => Promise.reject(error))).rejects.toBe(error);
    }
    expect(await results()).toEqual([
      { name: 'job', result: 'failure', count: 2 },
      { name: 'job', result: 'aborted', count: 1 },
    ]);
  });

  it('leaves an unhandled rejection unhandled, and a handled one handled', async () => {
    const { metrics } = timed();
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', listener);
    const error = new Error('nobody cares');
    void metrics.time('job', () => Promise.reject(error));
    metrics.time('job', () => Promise.reject(new Error('somebody cares'))).catch(() => {});
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    process.off('unhandledRejection', listener);
    for (const other of others) process.on('unhandledRejection', other);
    expect(unhandled).toEqual([error]);
  });
});

describe('wrap', () => {
  it('keeps name, length, arguments, this and return value', async () => {
    const { metrics, results } = timed();
    const account = {
      balance: 10,
      add: metrics.wrap(
        'add',
        function add(this: { balance: number }, first: number, second: number): number {
          this.balance += first + second;
          return this.balance;
        },
      ),
    };
    expect(account.add.name).toBe('add');
    expect(account.add).toHaveLength(2);
    expect(account.add(1, 2)).toBe(13);
    expect(account.add(3, 4)).toBe(20);
    expect(await results()).toEqual([{ name: 'add', result: 'success', count: 2 }]);
  });

  it('times an asynchronous function to its end', async () => {
    const { metrics, results } = timed();
    const load = metrics.wrap('load', async (id: number) => {
      await new Promise(setImmediate);
      if (id === 0) throw new RangeError('no such id');
      return id;
    });
    expect(await load(5)).toBe(5);
    await expect(load(0)).rejects.toThrow(RangeError);
    expect(await results()).toEqual([
      { name: 'load', result: 'success', count: 1 },
      { name: 'load', result: 'failure', count: 1 },
    ]);
  });
});

describe('timer', () => {
  it('records once at the end of its block, with the tags that were added on the way', async () => {
    const { metrics, results } = timed();
    const tags = { queue: 'mail' };
    {
      using timer = metrics.timer('job', { tags });
      timer.tags['size'] = 5;
      timer.stop();
      timer.tags['late'] = 'yes';
    }
    expect(tags).toEqual({ queue: 'mail' });
    expect(await results()).toEqual([{ name: 'job', queue: 'mail', size: '5', count: 1 }]);
  });

  it('claims no success where its block throws', async () => {
    const { metrics, results } = timed();
    const work = (text: string): void => {
      using timer = metrics.timer('job');
      JSON.parse(text);
      timer.succeed();
    };
    expect(() => work('{')).toThrow(SyntaxError);
    expect(await results()).toEqual([{ name: 'job', count: 1 }]);
  });

  it('is handed to the function of `time`, whose `fail` stays', async () => {
    const { metrics, results } = timed();
    const rows = metrics.time('query', (timer) => {
      timer.tags['table'] = 'orders';
      timer.fail();
      return [];
    });
    expect(rows).toEqual([]);
    expect(() =>
      metrics.time('query', (timer) => {
        timer.succeed();
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(await results()).toEqual([
      { name: 'query', table: 'orders', result: 'failure', count: 1 },
      { name: 'query', result: 'failure', count: 1 },
    ]);
  });

  it('tags how it ended', async () => {
    const { metrics, results } = timed();
    const done = metrics.timer('done');
    done.succeed();
    done.stop();
    const failed = metrics.timer('job');
    failed.fail();
    failed.stop();
    const aborted = metrics.timer('job');
    aborted.fail(new DOMException('stop', 'AbortError'));
    aborted.stop();
    expect(await results()).toEqual([
      { name: 'done', result: 'success', count: 1 },
      { name: 'job', result: 'failure', count: 1 },
      { name: 'job', result: 'aborted', count: 1 },
    ]);
  });
});
