import type { RedisClient } from '../src/redis-connection.ts';

/** What an answer is: a value, an error to reject with, or nothing at all for as long as the test wants. */
export type FakeAnswer = (words: readonly string[]) => unknown;

/** A client of a Redis that a test plays. It never hears that it was destroyed, like one whose socket hangs. */
export class FakeRedis {
  /** Commands that arrived, by their first word. */
  readonly commands: string[] = [];
  clients = 0;
  destroyed = 0;
  answer: FakeAnswer;
  connect: () => Promise<unknown> = async () => undefined;
  create: (client: RedisClient) => RedisClient | Promise<RedisClient> = (client) => client;

  constructor(answer: FakeAnswer) {
    this.answer = answer;
  }

  readonly createClient = (): RedisClient | Promise<RedisClient> => {
    this.clients += 1;
    return this.create({
      connect: () => this.connect(),
      sendCommand: async (words) => {
        this.commands.push(words[0]!);
        return this.answer(words);
      },
      destroy: () => {
        this.destroyed += 1;
      },
      on: () => undefined,
    });
  };
}

export const NEVER = new Promise<never>(() => undefined);
