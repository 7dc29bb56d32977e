import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createMetrics, type Operation } from '@tallykit/metrics';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import winston from 'winston';
import { createOperationLog, sentryFormat, type Logger } from '../src/index.ts';

/** The lines that winston writes with this format. */
function winstonLogger(format = sentryFormat()): { logger: winston.Logger; lines: () => string[] } {
  const stream = new PassThrough();
  const logger = winston.createLogger({
    level: 'debug',
    format,
    transports: [new winston.transports.Stream({ stream })],
  });
  return {
    logger,
    lines: () =>
      String(stream.read() ?? '')
        .split('\n')
        .slice(0, -1),
  };
}

function metricsWith(logger: Logger, options: { level?: string } = {}) {
  const meterProvider = new MeterProvider();
  onTestFinished(() => meterProvider.shutdown());
  return createMetrics({
    meterProvider,
    prefix: 'shop.',
    operations: createOperationLog({ logger, ...options }),
  });
}

describe('the operation log', () => {
  it("writes the lines of Sentry's page", () => {
    const { logger, lines } = winstonLogger();
    const metrics = metricsWith(logger);
    metrics.incr('foo');
    metrics.incr('foo', 2.5, { instance: 'bar', tags: { a: 'b' } });
    metrics.upDown('foo.open', -3);
    metrics.incr('big', 1_234_567);
    metrics.timing('jobs.duration', 1.8568, { instance: 'sentry.tasks.x', tags: { result: 'success' } });
    metrics.timing('jobs.long', 30_000);
    metrics.incr("it's", 0);
    metrics.gauge('depth', 12);
    metrics.distribution('upload', 52_001, { unit: 'By' });
    expect(lines()).toEqual([
      "[DEBUG] 'foo': +1; instance=None; tags={}",
      "[DEBUG] 'foo': +2.5; instance='bar'; tags={'a': 'b'}",
      "[DEBUG] 'foo.open': -3; instance=None; tags={}",
      "[DEBUG] 'big': +1.23457e+06; instance=None; tags={}",
      "[DEBUG] 'jobs.duration': 1.8568 ms; instance='sentry.tasks.x'; tags={'result': 'success'}",
      "[DEBUG] 'jobs.long': 30000 ms; instance=None; tags={}",
      `[DEBUG] "it's": +0; instance=None; tags={}`,
      "[DEBUG] 'depth': +12; instance=None; tags={}",
      "[DEBUG] 'upload': +52001; instance=None; tags={}",
    ]);
  });

  it('writes events, and keeps every operation in one line', () => {
    const { logger, lines } = winstonLogger();
    const metrics = metricsWith(logger);
    metrics.event('Deploy\n[DEBUG] forged', 'v42\r\nis live', { tags: { 'a\nb': 'c\nd' }, instance: 'x\ny' });
    const written = lines();
    expect(written).toHaveLength(1);
    expect(written[0]).toBe(
      String.raw`[DEBUG] 'Deploy\n[DEBUG] forged': 'v42\r\nis live'; instance='x\ny'; tags={'a\nb': 'c\nd'}`,
    );
  });

  it('writes tags and instance as Python would: escaped once, numbers and booleans bare, a tag instance among the tags', () => {
    const { logger, lines } = winstonLogger();
    const metrics = metricsWith(logger);
    metrics.incr('a', 123_456.5, {
      tags: { ok: true, off: false, n: 1, share: 0.00001, text: '1', yes: 'true' },
    });
    metrics.incr('b', 1, { tags: { 'new\nline': 'C:\\dir\r\n' }, instance: 'it\n' });
    metrics.incr('c', 1, { tags: { instance: 'tag' } });
    metrics.incr('d', 1, { tags: { instance: 'tag' }, instance: 'option' });
    metrics.event('e', 'f', { tags: { instance: 1, at: '\x1b' } });
    // `'[%(levelname)s] %(message)s; instance=%(instance)r; tags=%(tags)r'` in CPython 3 with the same values; tags are in the order of their names.
    expect(lines()).toEqual([
      "[DEBUG] 'a': +123456; instance=None; tags={'n': 1, 'off': False, 'ok': True, 'share': 1e-05, 'text': '1', 'yes': 'true'}",
      String.raw`[DEBUG] 'b': +1; instance='it\n'; tags={'new\nline': 'C:\\dir\r\n'}`,
      "[DEBUG] 'c': +1; instance=None; tags={'instance': 'tag'}",
      "[DEBUG] 'd': +1; instance='option'; tags={}",
      String.raw`[DEBUG] 'e': 'f'; instance=None; tags={'instance': 1, 'at': '\x1b'}`,
    ]);
  });

  it('shows what a format of the program made of a tag, and entries of others', () => {
    const hide = winston.format((entry) => {
      const tags = entry['tags'] as Record<string, string> | undefined;
      if (tags !== undefined && 'user' in tags) tags['user'] = '(hidden)';
      return entry;
    });
    const { logger, lines } = winstonLogger(winston.format.combine(hide(), sentryFormat()));
    metricsWith(logger).incr('a', 1, { tags: { user: 'bob\n', plan: 'x\n' } });
    logger.debug('by hand', { instance: 'a\nb', tags: { 'c\nd': 'e\nf', n: 1 } });
    logger.debug('no tags');
    expect(lines()).toEqual([
      String.raw`[DEBUG] 'a': +1; instance=None; tags={'plan': 'x\n', 'user': '(hidden)'}`,
      String.raw`[DEBUG] by hand; instance='a\nb'; tags={'c\nd': 'e\nf', 'n': 1}`,
      '[DEBUG] no tags; instance=None; tags={}',
    ]);
  });

  it('hands winston metadata that a format of the program can print', () => {
    const { logger, lines } = winstonLogger(
      winston.format.printf(
        ({ kind, name, value, unit, instance, tags }) =>
          `${String(kind)} ${String(name)} ${String(value)} ${String(unit)} ${String(instance)} ${JSON.stringify(tags)}`,
      ),
    );
    metricsWith(logger).timing('query', 14.2, { tags: { table: 'orders\nx' }, instance: 'web-1' });
    expect(lines()).toEqual(['timing query 14.2 ms web-1 {"table":"orders\\\\nx"}']);
  });

  it('hands pino metadata first, so that it becomes part of the JSON', async () => {
    const stream = new PassThrough();
    metricsWith(pino({ level: 'debug', base: null }, stream)).incr('orders', 2, { tags: { plan: 'pro' } });
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    expect(JSON.parse(String(chunk))).toMatchObject({
      level: 20,
      msg: "'orders': +2",
      kind: 'incr',
      name: 'orders',
      value: 2,
      tags: { plan: 'pro' },
    });
  });

  it('takes a function, and any object with methods for levels', () => {
    const written: unknown[] = [];
    const take = (...line: unknown[]): void => void written.push(line);
    const metadata = {
      kind: 'incr',
      name: 'orders',
      value: 1,
      unit: undefined,
      instance: undefined,
      tags: {},
    };
    metricsWith(take).incr('orders');
    metricsWith({ debug: take, info: take }).incr('orders');
    metricsWith({ debug: take, info: take, notice: take } as Logger, { level: 'notice' }).incr('orders');
    expect(written).toEqual([
      ['debug', "'orders': +1", metadata],
      ["'orders': +1", metadata],
      ["'orders': +1", metadata],
    ]);
  });

  it('makes no line for a level that is off', () => {
    const { logger, lines } = winstonLogger();
    logger.level = 'info';
    logger.transports.forEach((transport) => (transport.level = 'info'));
    const log = createOperationLog({ logger });
    const operation = {
      get name(): string {
        throw new Error('a line was made');
      },
    } as unknown as Operation;
    expect(() => log(operation)).not.toThrow();
    expect(lines()).toEqual([]);
  });

  it('is thinned by sampleRate, and never reaches the caller with what the logger throws', () => {
    let calls = 0;
    const metrics = metricsWith(() => {
      calls += 1;
      throw new Error('disk full');
    });
    metrics.incr('kept', 1, { sampleRate: 1 });
    for (let call = 0; call < 100; call += 1) metrics.incr('thinned', 1, { sampleRate: 0 });
    expect(calls).toBe(1);
    expect(metrics.stats()).toMatchObject({ hookErrors: 1, recorded: 101 });
  });

  it.each([
    [
      { loger: console },
      /^createOperationLog: there is no option `loger`; there are logger, loggerName, level$/,
    ],
    [{ logger: 5 }, /`logger` must be a logger with a method debug, or a function, not a number of 1 digit/],
    [{ logger: { info: () => undefined } }, /`logger` must be a logger with a method debug/],
    [
      { logger: console, level: 'verbose' },
      /`logger` must be a logger with the method that `level` names, or a function, not an object/,
    ],
    [
      { logger: console, loggerName: 'x' },
      /`loggerName` must be left out beside `logger`, not a string of 1 character/,
    ],
    [{ level: '' }, /`level` must be a string that is not empty/],
  ])('refuses %j', (options, message) => {
    expect(() => createOperationLog(options as object)).toThrow(message);
  });
});
