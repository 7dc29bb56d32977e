import { expect, test } from 'vitest';
import { startProgram } from '../programs/run-program.ts';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { skipBecause } from './skip-because.ts';
import { until } from '../until.ts';

const ROUNDS_ON_DEMAND = 5;
/** One round before the provider exists, one after. */
const ROUNDS = 2 + ROUNDS_ON_DEMAND;

test('every call arrives when dd-trace owns the global MeterProvider', async (context) => {
  await using receiver = await startOtlpReceiver();
  await using program = startProgram('under-dd-trace.ts', {
    DD_METRICS_OTEL_ENABLED: 'true',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_TRACE_STARTUP_LOGS: 'false',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    OTEL_METRIC_EXPORT_INTERVAL: '50',
  });
  const input = program.child.stdin!;

  await until(() => expect(program.output()).toMatch(/provider: |can't load/));
  const reason = /dd-trace can't load: (.*)/.exec(program.output())?.[1];
  if (reason !== undefined) skipBecause(context, `dd-trace can't load here: ${reason}`);
  const version = /provider: NoopMeterProvider, registered with API ([\d.]+)/.exec(program.output())?.[1];
  if (version !== undefined) {
    skipBecause(
      context,
      `dd-trace registers with a copy of the OpenTelemetry API of its own, ${version}, which ours is too new to see`,
    );
  }
  expect(program.output()).toContain('provider: MeterProvider');

  for (let round = 1; round <= ROUNDS_ON_DEMAND; round += 1) {
    input.write('round\n');
    await until(() => expect(receiver.sums.get('plain{}')).toBe(5 * (2 + round)));
    // The whole round is in the export of its interval; the next round falls into a later one.
    expect(receiver.sums.get('orders{plan=pro}')).toBe(75 * (2 + round));
  }
  // One more export, in which anything that is sent twice would show.
  input.write('end\n');
  await until(() => expect(receiver.sums.get('end{}')).toBe(1));

  expect(Object.fromEntries(receiver.sums)).toEqual({
    'orders{plan=free}': 25 * ROUNDS,
    'orders{plan=pro}': 75 * ROUNDS,
    'plain{}': 5 * ROUNDS,
    'carts{}': 2 * ROUNDS,
    'end{}': 1,
  });
  expect(Object.fromEntries(receiver.gauges)).toEqual({ 'depth{queue=mail}': 12.5 });
  expect(Object.fromEntries(receiver.histograms)).toEqual({
    'query{instance=web-1}': { count: ROUNDS, sum: 14 * ROUNDS },
    'upload{}': { count: ROUNDS, sum: 52_001 * ROUNDS },
  });

  input.end();
  await expect(program.ended).resolves.toBe(0);
});
