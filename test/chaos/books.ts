import {
  parseDogStatsdPayload,
  parseStatsdPayload,
  type FakeDatadogIntake,
  type FakeServer,
  type ParsedDogStatsdMetric,
} from '@tallykit/testkit';
import type { Operation } from './recorder-program.ts';

export const PLANS = ['free', 'pro'] as const;

/** How the names begin of what only takes space. */
export const FILLER = 'filler.';

/** What a program recorded, or what of it arrived. */
export interface Books {
  /** A counter, by its tag `plan`. */
  readonly orders: Readonly<Record<string, number>>;
  /** The last value of a gauge. */
  readonly depth: number | undefined;
  /** A timing. */
  readonly queries: { readonly count: number; readonly sum: number };
  readonly events: number;
  /** How much arrived of what only takes space. */
  readonly filler: number;
}

/** The books of what is recorded. */
export function booksOf(operations: readonly Operation[]): Books {
  const orders: Record<string, number> = {};
  const queries = { count: 0, sum: 0 };
  let depth: number | undefined;
  let events = 0;
  for (const operation of operations) {
    if (operation[0] === 'event') {
      events += 1;
      continue;
    }
    const [verb, , value, { plan = '' }] = operation;
    if (verb === 'incr') orders[plan] = (orders[plan] ?? 0) + value;
    if (verb === 'gauge') depth = value;
    if (verb === 'timing') add(queries, value, 1);
  }
  return { orders, depth, queries, events, filler: 0 };
}

/** The books of a server of StatsD's lines. */
export function statsdBooks(payloads: readonly string[]): Books {
  const lines = payloads.flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd'));
  return bookLines(
    lines.map(({ rate, value, ...line }) => ({ ...line, values: [value], weight: Math.trunc(1 / rate) })),
    0,
  );
}

/** The books of an Agent. */
export function dogstatsdBooks(payloads: readonly string[]): Books {
  const messages = payloads.flatMap((payload) => parseDogStatsdPayload(payload));
  const events = messages.filter(({ kind }) => kind === 'event').length;
  return bookLines(messages.filter(({ kind }) => kind === 'metric') as ParsedDogStatsdMetric[], events);
}

/** The books of a server, whose payloads are forgotten as they are read. */
export class RunningBooks {
  readonly #server: Pick<FakeServer, 'take'>;
  readonly #read: (payloads: readonly string[]) => Books;
  #books: Books = booksOf([]);

  constructor(server: Pick<FakeServer, 'take'>, read: (payloads: readonly string[]) => Books) {
    this.#server = server;
    this.#read = read;
  }

  read(): Books {
    const { orders, depth, queries, events, filler } = this.#read(this.#server.take());
    const before = this.#books;
    const plans = [...new Set([...Object.keys(before.orders), ...Object.keys(orders)])];
    this.#books = {
      orders: Object.fromEntries(
        plans.map((plan) => [plan, (before.orders[plan] ?? 0) + (orders[plan] ?? 0)]),
      ),
      depth: depth ?? before.depth,
      queries: {
        count: before.queries.count + queries.count,
        sum: before.queries.sum + queries.sum,
      },
      events: before.events + events,
      filler: before.filler + filler,
    };
    return this.#books;
  }
}

/** The books of Datadog. */
export function datadogBooks(intake: FakeDatadogIntake): Books {
  const { count, sum } = intake.distribution('query');
  const stored = intake.payloads.filter(({ isStored }) => isStored);
  const orders = PLANS.map((plan) => [plan, intake.count('orders', { plan })] as const);
  return {
    orders: Object.fromEntries(orders.filter(([, value]) => value > 0)),
    depth: intake.gauge('depth'),
    queries: { count, sum },
    events: stored.reduce((number, { content }) => number + content.events.length, 0),
    filler: 0,
  };
}

type Line = Pick<ParsedDogStatsdMetric, 'name' | 'tags' | 'type' | 'values' | 'weight'>;

function bookLines(lines: readonly Line[], events: number): Books {
  const orders: Record<string, number> = {};
  const queries = { count: 0, sum: 0 };
  let depth: number | undefined;
  let filler = 0;
  for (const { name, tags, type, values, weight } of lines) {
    const { plan = '' } = tags;
    for (const value of values) {
      if (name === 'orders' && type === 'c') orders[plan] = (orders[plan] ?? 0) + value;
      else if (name === 'depth' && type === 'g') depth = value;
      else if (name === 'query') add(queries, value, weight);
      else if (name.startsWith(FILLER)) filler += value;
      else throw new Error(`nobody recorded ${name} as ${type}`);
    }
  }
  return { orders, depth, queries, events, filler };
}

function add(queries: { count: number; sum: number }, value: number, weight: number): void {
  queries.count += weight;
  queries.sum += value * weight;
}
