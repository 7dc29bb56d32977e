import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { resourceMetrics, sumData } from '@tallykit/testkit';
import { expect } from 'vitest';
import {
  DELIVERED,
  Delivery,
  TagWriter,
  type Account,
  type DeliveryOptions,
  type ExporterStats,
  type ExportResult,
  type Route,
  type Metric,
  type Outcome,
  type Tally,
  type Transport,
  type WireMetric,
} from '../src/index.ts';
import { SocketDelivery } from '../src/sockets.ts';
import { FakeClock } from './fake-clock.ts';

export const SUCCESS = 0;
export const FAILED = 1;
export const NOT_ACCEPTED: Outcome = { type: 'not-accepted', reason: 'connection refused' };
export const UNKNOWN: Outcome = { type: 'unknown', reason: 'no answer' };

/** A server's end of the wire: keeps payloads, and answers as the test says. */
export class FakeServer implements Transport {
  readonly payloads: string[] = [];
  sending = 0;
  mostAtOnce = 0;
  closed = 0;
  answer: (payload: string, signal: AbortSignal) => Promise<Outcome> | Outcome = () => DELIVERED;

  /** What it answers within the turn. */
  answerSync: (payload: string) => Outcome = () => DELIVERED;

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    this.payloads.push(payload);
    this.sending += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.sending);
    try {
      return await this.answer(payload, signal);
    } finally {
      this.sending -= 1;
    }
  }

  sendSync(payload: string): Outcome {
    this.payloads.push(payload);
    return this.answerSync(payload);
  }

  /** What it knows within the turn of a payload that is on its way. */
  knownSync: (payload: string) => Outcome | undefined = () => undefined;

  settleSync(payload: string): Outcome | undefined {
    return this.knownSync(payload);
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** What came since the last time. */
  take(): string[] {
    return this.payloads.splice(0);
  }

  /** Lets payloads wait for their answer. */
  hold() {
    let release: (outcome: Outcome) => void = () => undefined;
    const held = new Promise<Outcome>((resolve) => {
      release = resolve;
    });
    this.answer = () => held;
    return (outcome: Outcome = DELIVERED) => {
      this.answer = () => DELIVERED;
      release(outcome);
    };
  }
}

/** Tags as `key=value,…`. */
export const TAGS = new TagWriter({
  key: (text) => text,
  value: (text) => text,
  join: (tags) => tags.map(([key, value]) => `${key}=${value}`).join(','),
});

/** All series of a name are one. */
export const NO_TAGS = new TagWriter({ key: () => '', value: () => '', join: () => '' });

/** Calls a metric by its own name. */
export function wire({ name }: Metric, tags = TAGS): WireMetric {
  return { name, tags, filter: () => undefined };
}

export class TestExporter extends SocketDelivery {
  event(text: string, route: Route): void {
    this.post('an event', route, () => ({ text, name: `the event ${text}` }));
  }

  /** An event that was too long. */
  cutEvent(kind: string, text: string, route: Route): void {
    this.post(kind, route, () => ({ text, cut: 'its text was cut' }));
  }

  /** An event that no text can be made of. */
  impossibleEvent(error: Error, route: Route): void {
    this.post('an event', route, () => {
      throw error;
    });
  }
}

interface TestOptions extends Partial<Omit<DeliveryOptions, 'format' | 'route'>> {
  /** Of histograms, too. */
  readonly format?: DeliveryOptions['format'];
  readonly route?: Partial<Route>;
}

/** An exporter whose lines are `name:value`, of histograms `name:count`. */
export function deliver(
  server: Transport,
  {
    route,
    format = ({ name, value }) => `${name}:${typeof value === 'object' ? value.count : value}`,
    ...options
  }: TestOptions = {},
): TestExporter {
  return new TestExporter({
    component: 'TestExporter',
    destination: 'test://server',
    remedy: 'Start the server.',
    translator: () => (metric) => wire(metric),
    format,
    pacing: { payloadsAtOnce: 32, gapMillis: 0 },
    timeoutMillis: 1000,
    clock: new FakeClock(),
    ...options,
    route: { transport: server, maxPayloadBytes: 100, ...route },
  });
}

export function exportTo(exporter: Delivery, metrics: ResourceMetrics): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(metrics, resolve));
}

/** Increases of so many counters. */
export const many = (count: number, value = 1) =>
  resourceMetrics(Array.from({ length: count }, (_, index) => sumData(`n${index}`, value)));

/** received = exported + pending + dropped, in points and in amounts. */
export function expectIdentity(stats: ExporterStats): void {
  expectAccount(stats);
  expectAccount(stats.events);
}

function expectAccount({ received, exported, pending, dropped, droppedBy }: Account): void {
  expect(total(exported, pending, dropped)).toEqual(received);
  expect(total(...Object.values(droppedBy))).toEqual(dropped);
  expect(pending.points).toBeGreaterThanOrEqual(0);
}

function total(...tallies: Tally[]): Tally {
  return tallies.reduce((a, b) => ({ points: a.points + b.points, amount: a.amount + b.amount }), {
    points: 0,
    amount: 0,
  });
}

/** An exporter and a server that accepts nothing. */
export function outage(options: Parameters<typeof deliver>[1] = {}) {
  const server = new FakeServer();
  server.answer = () => NOT_ACCEPTED;
  const clock = new FakeClock();
  const exporter = deliver(server, { clock, ...options });
  return { server, clock, exporter, recover: () => (server.answer = () => DELIVERED) };
}
