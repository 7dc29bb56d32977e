import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { FakeClock, settle } from '../../exporter-base/test/fake-clock.ts';
import type { Purpose } from '../src/redis-access.ts';
import { RedisConnection, type RedisClient } from '../src/redis-connection.ts';
import { FakeRedis, NEVER } from './fake-redis.ts';

describe('RedisConnection', () => {
  let messages: ReturnType<typeof listenToDiag>;
  let clock: FakeClock;
  let redis: FakeRedis;
  let connection: RedisConnection;
  beforeEach(() => {
    messages = listenToDiag();
    clock = new FakeClock();
    redis = new FakeRedis(() => 'OK');
    connection = new RedisConnection({
      component: 'Store',
      destination: 'redis:6379',
      secrets: ['s3cret'],
      createClient: redis.createClient,
      timeoutMillis: 5000,
      clock,
    });
  });
  afterEach(() => {
    connection.close();
    messages.stop();
  });

  const WORDS = { write: 'SET', list: 'ZRANGE', read: 'HMGET' } as const;

  /** What a command of this purpose came to, or why it failed. */
  const ask = (purpose: Purpose): Promise<string> =>
    connection
      .command([WORDS[purpose]], purpose, (answer) => (typeof answer === 'string' ? answer : undefined))
      .catch((error: Error) => error.message);

  const askInTime = async (purpose: Purpose): Promise<string> => {
    const asked = ask(purpose);
    await clock.advance(5000);
    return asked;
  };

  const fail = (message: string) => () => {
    throw new Error(message);
  };

  it('waits longer after each failure, up to ten seconds, and not at all after a success', async () => {
    redis.answer = fail('Socket closed unexpectedly');
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect(await ask('write')).toBe('Socket closed unexpectedly');
      const commands = redis.commands.length;
      const pause = connection.pauseLeft('write');
      pauses.push(pause);
      await clock.advance(pause - 1);
      expect(await ask('write')).toBe('Socket closed unexpectedly');
      expect(redis.commands).toHaveLength(commands);
      await clock.advance(1);
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    redis.answer = () => 'OK';
    expect(await ask('write')).toBe('OK');
    redis.answer = fail('Socket closed unexpectedly');
    await ask('write');
    expect(connection.pauseLeft('write')).toBe(250);
  });

  it.each(['creating', 'connecting', 'answering'] as const)('gives up what hangs while %s', async (where) => {
    if (where === 'creating') redis.create = () => NEVER;
    if (where === 'connecting') redis.connect = () => NEVER;
    if (where === 'answering') redis.answer = () => NEVER;
    expect(await askInTime('write')).toBe('no answer within 5000 ms');
    expect(clock.timers).toBe(0);
    expect(redis.destroyed).toBe(where === 'creating' ? 0 : 1);
  });

  it('destroys a client that comes, or connects, after it was given up', async () => {
    let create = (): void => undefined;
    redis.create = (client) =>
      new Promise<RedisClient>((resolve) => {
        create = () => resolve(client);
      });
    await askInTime('write');
    create();
    await settle();
    expect(redis.destroyed).toBe(1);

    await clock.advance(10_000);
    redis.create = (client) => client;
    let connect = (): void => undefined;
    redis.connect = () =>
      new Promise<void>((resolve) => {
        connect = resolve;
      });
    await askInTime('write');
    expect(redis.destroyed).toBe(2);
    connect();
    await settle();
    expect(redis.destroyed).toBe(3);
  });

  it('ends commands under way when it is closed', async () => {
    redis.answer = () => NEVER;
    const asked = [ask('write'), ask('read')];
    await settle();
    connection.close();
    expect(await Promise.all(asked)).toEqual(['the connection was closed', 'the connection was closed']);
    expect(await ask('read')).toBe('the store has been shut down');
    expect(clock.timers).toBe(0);
    expect(messages.warn).toEqual([]);
  });

  it('is away until what failed works again, and logs two lines for it', async () => {
    redis.answer = ([word]) => (word === 'SET' ? fail('READONLY You may not write')() : 'OK');
    for (let round = 0; round < 10; round += 1) {
      expect(await ask('write')).toBe('READONLY You may not write');
      // Questions are still answered meanwhile.
      expect([await ask('list'), await ask('read')]).toEqual(['OK', 'OK']);
      await clock.advance(10_000);
    }
    expect(connection.isAway).toBe(true);
    expect(messages.warn).toEqual([
      expect.stringContaining("Redis at redis:6379 can't be used: READONLY You may not write. "),
    ]);
    redis.answer = () => 'OK';
    expect(await ask('read')).toBe('OK');
    expect(connection.isAway).toBe(true);
    expect(await ask('write')).toBe('OK');
    expect(connection.isAway).toBe(false);
    expect(messages.warn.slice(1)).toEqual(['Store: Redis at redis:6379 answers again after 100.0 s.']);
  });

  it('looks for another server after it was refused, and lets others finish with this one', async () => {
    let answerRead = (): void => undefined;
    redis.answer = ([word]) =>
      word === 'SET'
        ? fail('READONLY You may not write')()
        : new Promise((resolve) => {
            answerRead = () => resolve('OK');
          });
    const read = ask('read');
    await settle();
    await ask('write');
    expect(redis.destroyed).toBe(0);
    answerRead();
    expect(await read).toBe('OK');
    expect(redis.destroyed).toBe(1);
    await clock.advance(250);
    redis.answer = () => 'OK';
    expect(await ask('write')).toBe('OK');
    expect(redis.clients).toBe(2);
  });

  it('needs a write after a write was cut off, and anything after a question was', async () => {
    redis.answer = fail('Socket closed unexpectedly');
    await Promise.all([ask('write'), ask('read')]);
    redis.answer = () => 'OK';
    await clock.advance(250);
    expect(await ask('list')).toBe('OK');
    expect(connection.isAway).toBe(true);
    expect(await ask('write')).toBe('OK');
    expect(connection.isAway).toBe(false);

    redis.answer = fail('Socket closed unexpectedly');
    await ask('read');
    redis.answer = () => 'OK';
    await clock.advance(250);
    expect(await ask('list')).toBe('OK');
    expect(connection.isAway).toBe(false);
    expect(messages.warn).toHaveLength(4);
  });

  it('does not take a key with the data of others for an outage', async () => {
    redis.answer = ([word]) => (word === 'ZRANGE' ? fail('WRONGTYPE Operation against a key')() : 'OK');
    for (let round = 0; round < 10; round += 1) {
      expect(await ask('list')).toBe('WRONGTYPE Operation against a key');
      expect(await ask('read')).toBe('OK');
    }
    expect(connection.isAway).toBe(false);
    expect(redis.clients).toBe(1);
    expect(messages.warn).toEqual([]);
  });

  it('shows what a server says without secrets, visible and short', async () => {
    redis.answer = fail(
      `ERR unknown command, with args 's3cret'\u001b[31m\r\nforged \u202eline ${'x'.repeat(150)}s3cret`,
    );
    const reason = await ask('write');
    expect(reason).toMatch(
      /^ERR unknown command, with args '\*\*\*'\\\S+31m\\\S+forged \\u202eline x+\*\*\*/,
    );
    expect(messages.warn[0]).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    redis.answer = fail(`ERR ${'x'.repeat(294)}s3cret`);
    await clock.advance(250);
    expect(await ask('write')).toBe(`ERR ${'x'.repeat(294)}**…`);
  });
});
