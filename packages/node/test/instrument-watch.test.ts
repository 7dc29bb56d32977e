import { createNoopMeter } from '@opentelemetry/api';
import { MetricReader } from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { InstrumentWatch } from '../src/instrument-watch.ts';

class ManualReader extends MetricReader {
  override async onForceFlush() {}
  override async onShutdown() {}
}

function watchedProvider() {
  const watch = new InstrumentWatch();
  const reader = new ManualReader();
  return { watch, reader, provider: watch.createProvider({ readers: [reader] }) };
}

it.each([
  'createCounter',
  'createUpDownCounter',
  'createHistogram',
  'createGauge',
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const)('tells of the next instrument, and of no other (%s)', (create) => {
  const { watch, provider } = watchedProvider();
  const meter = provider.getMeter('library');
  meter.createCounter('before');
  let told = 0;
  watch.onNextInstrument(() => (told += 1));
  provider.getMeter('other');
  expect(told).toBe(0);
  meter[create]('first');
  meter[create]('second');
  expect(told).toBe(1);
});

it('names a late callback also after it has told of an instrument', async () => {
  const { warn, stop } = listenToDiag();
  onTestFinished(stop);
  const { watch, reader, provider } = watchedProvider();
  const meter = provider.getMeter('library');
  watch.onNextInstrument(() => undefined);
  meter.createCounter('first');
  meter.createObservableGauge('hangs').addCallback(() => new Promise(() => undefined));
  await reader.collect({ timeoutMillis: 1 });
  watch.tellOfLate(1);
  expect(warn).toEqual([
    "startMetrics: the callback of 'hangs' of the meter 'library' has not come back within 1 ms: its values are left out. " +
      'Logged once.',
  ]);
});

it('leaves alone the meter that everybody shares after a shutdown', async () => {
  const { provider } = watchedProvider();
  await provider.shutdown();
  expect(provider.getMeter('late')).toBe(createNoopMeter());
  expect(Object.keys(createNoopMeter())).toEqual([]);
});
