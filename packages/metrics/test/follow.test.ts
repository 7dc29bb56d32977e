import { EventEmitter, once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import {
  firstValueFrom,
  interval,
  lastValueFrom,
  map,
  Observable,
  of,
  range,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { Metrics } from '../src/index.ts';
import { setUp } from './collect.ts';

function timed(): { metrics: Metrics; results: () => Promise<Record<string, number>> } {
  const { reader, meterProvider } = setUp();
  return {
    metrics: createMetrics({ meterProvider }),
    /** How many timings had each `result`. */
    results: async () => {
      const counts: Record<string, number> = {};
      for (const { tags, count } of await reader.points()) {
        const result = String(tags['result']);
        counts[result] = (counts[result] ?? 0) + (count ?? 0);
      }
      return counts;
    },
  };
}

/** The rejections that nobody handled while something ran. */
async function unhandledDuring(work: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => unhandled.push(error));
  try {
    await work();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
  return unhandled;
}

class Query<T> extends Promise<T> {
  readonly #sql = 'select';
  sql(): string {
    return this.#sql;
  }
}

describe('a promise that is more than a promise', () => {
  it('keeps its class, its properties and its private fields', async () => {
    const { metrics, results } = timed();
    const query = Query.resolve(5) as Query<number>;
    const returned = metrics.time('job', () => query);
    expect(returned).toBeInstanceOf(Query);
    expect(returned.sql()).toBe('select');
    expect(returned.constructor).toBe(Query);
    expect(await returned).toBe(5);
    const stdout = new EventEmitter();
    const child = metrics.time('job', () => Object.assign(Promise.resolve(6), { stdout }));
    expect(child.stdout).toBe(stdout);
    expect(await Promise.all([child, child])).toEqual([6, 6]);
    expect(await results()).toEqual({ success: 2 });
  });

  it('reports a rejection that nobody handles once, and one that is handled not at all', async () => {
    const { metrics, results } = timed();
    const error = new Error('nobody cares');
    const rejected = (reason: Error): Promise<never> => Object.assign(Promise.reject(reason), { pid: 1 });
    const unhandled = await unhandledDuring(async () => {
      void metrics.time('job', () => rejected(error));
      await metrics.time('job', () => rejected(new Error('somebody cares'))).catch(() => undefined);
      await expect(metrics.time('job', () => rejected(new Error('awaited')))).rejects.toThrow('awaited');
    });
    expect(unhandled).toEqual([error]);
    expect(await results()).toEqual({ failure: 3 });
  });

  it('of another realm is a plain one', async () => {
    const { metrics, results } = timed();
    const foreign = runInNewContext('Promise.resolve(5)') as Promise<number>;
    const returned = metrics.time('job', () => foreign);
    expect(Object.getPrototypeOf(returned)).toBe(Object.getPrototypeOf(foreign));
    expect(await returned).toBe(5);
    expect(await results()).toEqual({ success: 1 });
  });
});

/** What query builders are: their work begins when `then` is called, and again each time. */
class Builder {
  asked = 0;
  #where = '';
  where(condition: string): this {
    this.#where = condition;
    return this;
  }
  // oxlint-disable-next-line unicorn/no-thenable
  then(resolve: (rows: string[]) => void): void {
    this.asked += 1;
    resolve([this.#where]);
  }
}

describe('a thenable that is no promise', () => {
  it('starts when it is asked, once, and can be built on before', async () => {
    const { metrics, results } = timed();
    const builder = new Builder();
    const query = metrics.time('query', () => builder);
    expect(await results()).toEqual({});
    expect(builder.asked).toBe(0);
    const built = query.where('id = 1');
    expect(built).toBe(query);
    const rows = [
      await (built as unknown as PromiseLike<string[]>),
      await (query as unknown as PromiseLike<string[]>),
    ];
    expect(rows).toEqual([['id = 1'], ['id = 1']]);
    expect(builder.asked).toBe(1);
    expect(await results()).toEqual({ success: 1 });
  });

  it('that is frozen is handed back as it is', async () => {
    const { metrics, results } = timed();
    const frozen = Object.freeze({ then: (resolve: (value: number) => void) => resolve(5) });
    expect(metrics.time('job', () => frozen)).toBe(frozen);
    expect(await results()).toEqual({ success: 1 });
  });
});

describe('a generator', () => {
  async function* rows(count: number, error?: Error): AsyncGenerator<number> {
    for (let row = 0; row < count; row += 1) yield row;
    if (error) throw error;
  }
  const drain = async (from: AsyncIterable<number>): Promise<number[]> => {
    const seen: number[] = [];
    for await (const row of from) seen.push(row);
    return seen;
  };

  it('is timed until it is consumed', async () => {
    const { metrics, results } = timed();
    const generator = metrics.time('rows', () => rows(3));
    expect(await results()).toEqual({});
    expect(await drain(generator)).toEqual([0, 1, 2]);
    expect(await results()).toEqual({ success: 1 });
    const error = new Error('no');
    await expect(drain(metrics.time('rows', () => rows(1, error)))).rejects.toBe(error);
    expect(await results()).toEqual({ failure: 1 });
  });

  it('ends well by `break`, and records nothing when nobody consumes it', async () => {
    const { metrics, results } = timed();
    metrics.time('rows', () => rows(3));
    for await (const row of metrics.wrap('rows', rows)(3)) if (row === 1) break;
    expect(await results()).toEqual({ success: 1 });
  });

  it('may be a synchronous one', async () => {
    const { metrics, results } = timed();
    const generator = metrics.time('rows', function* count() {
      yield 1;
      yield 2;
    });
    expect([...generator]).toEqual([1, 2]);
    expect(await results()).toEqual({ success: 1 });
  });
});

describe('a stream of Node', () => {
  it('is the same object, and is timed until it closes', async () => {
    const { metrics, results } = timed();
    const stream = Readable.from(['a', 'b']);
    expect(metrics.time('read', () => stream)).toBe(stream);
    expect(await results()).toEqual({});
    stream.resume();
    await once(stream, 'close');
    expect(await results()).toEqual({ success: 1 });
  });

  it('that fails does so in the program too, and is a failure', async () => {
    const { metrics, results } = timed();
    const stream = metrics.time('read', () => new PassThrough());
    const failed = once(stream, 'error');
    stream.destroy(new Error('no'));
    expect((await failed)[0]).toEqual(new Error('no'));
    expect(await results()).toEqual({ failure: 1 });
  });

  it('that comes again gets no more listeners', async () => {
    const { metrics, results } = timed();
    const stream = new PassThrough();
    const open = metrics.wrap('open', () => stream);
    for (let call = 0; call < 20; call += 1) open();
    expect(stream.listenerCount('close')).toBe(1);
    stream.destroy();
    await once(stream, 'close');
    expect(await results()).toEqual({ success: 20 });
  });
});

describe('an observable', () => {
  it('is timed for each subscription', async () => {
    const { metrics, results } = timed();
    const numbers = metrics.time('numbers', () => of(1, 2, 3));
    expect(numbers).toBeInstanceOf(Observable);
    expect(await results()).toEqual({});
    expect(await lastValueFrom(numbers)).toBe(3);
    numbers.subscribe();
    const seen: number[] = [];
    numbers.subscribe((value) => seen.push(value));
    expect(seen).toEqual([1, 2, 3]);
    expect(await results()).toEqual({ success: 3 });
  });

  it('is timed through operators, also when they end it', async () => {
    const { metrics, results } = timed();
    const endless = metrics.time('endless', () => range(0, Infinity));
    expect(await firstValueFrom(endless.pipe(map((value) => value + 1)))).toBe(1);
    let ended = 0;
    const source = new Observable<number>((subscriber) => {
      subscriber.next(1);
      return () => (ended += 1);
    });
    metrics
      .time('source', () => source)
      .pipe(take(1))
      .subscribe();
    expect(ended).toBe(1);
    expect(await results()).toEqual({ success: 2 });
  });

  it('that fails or is left says so, and reports an error that nobody handles', async () => {
    const { metrics, results } = timed();
    const error = new Error('no');
    const failing = metrics.time('failing', () => throwError(() => error));
    await expect(lastValueFrom(failing.pipe(map((value) => value)))).rejects.toBe(error);
    const seen: unknown[] = [];
    failing.subscribe({ error: (reason: unknown) => seen.push(reason) });
    expect(seen).toEqual([error]);
    expect(await results()).toEqual({ failure: 2 });
    metrics
      .time('left', () => interval(60_000))
      .subscribe()
      .unsubscribe();
    expect(await results()).toEqual({ success: 1 });
    const reported = once(process, 'uncaughtException');
    failing.subscribe();
    expect((await reported)[0]).toBe(error);
  });

  it('that is a subject can be fed through its stand-in', async () => {
    const { metrics } = timed();
    const subject = metrics.time('subject', () => new Subject<number>());
    const seen: number[] = [];
    subject.subscribe((value) => seen.push(value));
    subject.next(5);
    expect(seen).toEqual([5]);
  });
});

describe('anything else', () => {
  it('is handed back as it is', async () => {
    const { metrics, results } = timed();
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const values = [undefined, null, 5, {}, new ReadableStream(), new Map(), () => 5, new EventEmitter()];
    for (const value of values) expect(metrics.time('job', () => value)).toBe(value);
    expect(
      Object.is(
        metrics.time('job', () => revoked.proxy),
        revoked.proxy,
      ),
    ).toBe(true);
    expect(await results()).toEqual({ success: values.length + 1 });
  });
});

describe('wrap', () => {
  it('keeps the properties of a function, and calls it with all its arguments', () => {
    const { metrics } = timed();
    const handler = Object.assign((...args: number[]) => args, { route: '/' });
    const wrapped = metrics.wrap('handler', handler);
    expect(wrapped.route).toBe('/');
    expect(wrapped(1, 2, 3)).toEqual([1, 2, 3]);
  });

  it('times the construction of a class, which stays itself', async () => {
    const { metrics, results } = timed();
    class Parser {
      static readonly version = 1;
      readonly #text: string;
      constructor(text: string) {
        if (text === '') throw new Error('empty');
        this.#text = text;
      }
      get text(): string {
        return this.#text;
      }
    }
    const Timed = metrics.wrap('parser.new', Parser);
    class Child extends Timed {}
    const parser = new Timed('a');
    expect(parser).toBeInstanceOf(Parser);
    expect(parser).toBeInstanceOf(Timed);
    expect([parser.text, Timed.version, new Child('b').text]).toEqual(['a', 1, 'b']);
    expect(new Child('c')).toBeInstanceOf(Child);
    expect(() => new Timed('')).toThrow('empty');
    expect(await results()).toEqual({ success: 3, failure: 1 });
  });
});
