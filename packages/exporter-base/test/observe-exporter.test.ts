import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { collect, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DELIVERED, observeExporter } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import { deliver, exportTo, FakeServer, many, NOT_ACCEPTED } from './fake-server.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

const NAME = { 'otel.component.name': 'test', 'otel.component.type': 'TestExporter' };
const EXPORTED = 'otel.sdk.exporter.metric_data_point.exported';
const INFLIGHT = 'otel.sdk.exporter.metric_data_point.inflight';

function exported(value: number, cause?: string) {
  const tags = cause === undefined ? NAME : { ...NAME, 'error.type': cause };
  return { name: EXPORTED, unit: '{data_point}', kind: 'counter', tags, value };
}

function inflight(value: number) {
  return { name: INFLIGHT, unit: '{data_point}', kind: 'upDown', tags: NAME, value };
}

describe('the metrics of an exporter', () => {
  it('say what its stats say, under the names, units, kinds and attributes of the conventions', async () => {
    const collected = collect();
    const { meterProvider } = collected;
    const figures = async () => new Set((await collected.read()).series);
    const server = new FakeServer();
    const exporter = deliver(server);
    observeExporter(exporter, { meterProvider, name: 'test' });
    expect(await figures()).toEqual(new Set([exported(0), inflight(0)]));
    await exportTo(exporter, resourceMetrics([sumData('a', 1), sumData('b', Number.NaN)]));
    await exportTo(exporter, many(3));
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(5));
    expect(await figures()).toEqual(new Set([exported(4), exported(1, 'notFinite'), inflight(5)]));
    // Sent again and again is neither a failure nor an export, until it is through.
    await exporter.forceFlush();
    expect(await figures()).toEqual(new Set([exported(4), exported(1, 'notFinite'), inflight(5)]));
    server.answer = () => DELIVERED;
    await exporter.forceFlush();
    expect(await figures()).toEqual(new Set([exported(9), exported(1, 'notFinite'), inflight(0)]));
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(2));
    await exporter.shutdown({ timeoutMillis: 0 });
    expect(await figures()).toEqual(
      new Set([exported(9), exported(1, 'notFinite'), exported(2, 'shutdown'), inflight(0)]),
    );
  });

  it('have others for events, from the first one on', async () => {
    const collected = collect();
    const { meterProvider } = collected;
    const server = new FakeServer();
    const exporter = deliver(server);
    observeExporter(exporter, { meterProvider, name: 'test' });
    exporter.event('too long', { transport: server, maxPayloadBytes: 7 });
    exporter.event('deploy', { transport: server, maxPayloadBytes: 7 });
    await exporter.forceFlush();
    const event = { unit: '{event}', kind: 'counter', name: 'tallykit.exporter.event.exported' };
    expect((await collected.read()).series.slice(2)).toEqual([
      { ...event, tags: NAME, value: 1 },
      { ...event, tags: { ...NAME, 'error.type': 'oversize' }, value: 1 },
      {
        ...event,
        kind: 'upDown',
        name: 'tallykit.exporter.event.inflight',
        tags: NAME,
        value: 0,
      },
    ]);
  });

  it('tell exporters of a MeterProvider apart by name, and are called by a given type', async () => {
    const collected = collect();
    const { meterProvider } = collected;
    const [one, other] = [deliver(new FakeServer()), deliver(new FakeServer())];
    observeExporter(one, { meterProvider, name: 'one' });
    observeExporter(other, { meterProvider, name: 'other', type: 'word_of_the_conventions' });
    await exportTo(one, many(3));
    await exportTo(other, many(2));
    const { series } = await collected.read();
    const points = series.filter(({ name }) => name === EXPORTED);
    expect(points).toMatchObject([
      { tags: { 'otel.component.name': 'one', 'otel.component.type': 'TestExporter' }, value: 3 },
      {
        tags: { 'otel.component.name': 'other', 'otel.component.type': 'word_of_the_conventions' },
        value: 2,
      },
    ]);
  });

  it('end when told so, and never need a timer', async () => {
    const collected = collect();
    const { meterProvider } = collected;
    const clock = new FakeClock();
    const exporter = deliver(new FakeServer(), { clock });
    const stop = observeExporter(exporter, { meterProvider, name: 'test' });
    expect((await collected.read()).series).toHaveLength(2);
    expect(clock.timers).toBe(0);
    stop();
    stop();
    exporter.stats = () => {
      throw new Error('nobody reads it any more');
    };
    await collected.read();
  });
});

describe('an exporter that exports its own metrics', () => {
  function start() {
    const server = new FakeServer();
    const clock = new FakeClock();
    const exporter = deliver(server, { clock, route: { maxPayloadBytes: 1000 } });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    onTestFinished(() => meterProvider.shutdown());
    observeExporter(exporter, { meterProvider, name: 'test' });
    return { server, exporter, reader };
  }

  it('has the same few points more at each export, also of a program that records nothing', async () => {
    const { server, exporter, reader } = start();
    const received: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      await reader.forceFlush();
      received.push(exporter.stats().received.points);
    }
    expect(received).toEqual([2, 4, 6, 8, 10, 12]);
    // What it says is as of before its own export: the first one knows of none, and each further one of two.
    const lines = server.payloads.map((payload) => payload.split('\n'));
    expect(lines[0]).toEqual([`${EXPORTED}:0`, `${INFLIGHT}:0`]);
    expect(lines.slice(1)).toEqual(lines.slice(1).map(() => [`${EXPORTED}:2`, `${INFLIGHT}:0`]));
  });

  it('tells of an outage when it is over, in a series for each cause and no more', async () => {
    const { server, exporter, reader } = start();
    await reader.forceFlush();
    server.answer = () => NOT_ACCEPTED;
    for (let time = 0; time < 10; time += 1) await reader.forceFlush();
    expect(exporter.stats().pending.points).toBe(20);
    server.answer = () => DELIVERED;
    server.take();
    await reader.forceFlush();
    // Merged: the two points of the first export that got through; before this one, 20 points waited.
    expect(server.take().flatMap((payload) => payload.split('\n'))).toEqual([
      `${EXPORTED}:2`,
      `${INFLIGHT}:20`,
    ]);
    await reader.forceFlush();
    expect(server.take().flatMap((payload) => payload.split('\n'))).toEqual([
      `${EXPORTED}:22`,
      `${INFLIGHT}:0`,
    ]);
  });
});
