// A whole program: it records through the default `metrics` to one backend, and does nothing but what it is asked to.
import { playProgramFault, type ProgramFaultRequest } from './program-faults.ts';
import { setImmediate as turn } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { ExporterStats } from '@tallykit/exporter-base';
import { startMetrics, type StartMetricsOptions } from '@tallykit/node';
import type { MetricsStats } from '@tallykit/metrics';
import { FILLER } from './books.ts';
import { answerRequests, tell } from './child.ts';

/** A call of the API. */
export type Operation =
  | readonly [
      verb: 'incr' | 'gauge' | 'timing',
      name: string,
      value: number,
      tags: Readonly<Record<string, string>>,
    ]
  | readonly [verb: 'event', title: string];

export type RecorderRequest =
  | ProgramFaultRequest
  | { readonly type: 'record'; readonly operations: readonly Operation[] }
  /** Records more than the kernel's buffers hold. */
  | { readonly type: 'fill' }
  /** What the reader does after every interval. */
  | { readonly type: 'collect' }
  | { readonly type: 'flush' }
  /** `isBusy`: in the middle of a flush. Called twice in any case. */
  | { readonly type: 'shutdown'; readonly isBusy: boolean };

/** Where everything is. */
export interface RecorderState {
  readonly metrics: MetricsStats;
  readonly exporter: ExporterStats;
}

export interface RecorderEnd extends RecorderState {
  /** What keeps the process alive. */
  readonly resources: readonly string[];
  /** What is open of sockets. */
  readonly sockets: readonly string[];
}

/** Together some 12 MB of text. */
const FILL_METRICS = 10;
const FILL_SERIES = 1_900;

const { RECORDER_OPTIONS = '' } = process.env;
const say = (text: string): void => tell({ said: text });
const quiet = (): void => undefined;
diag.setLogger(
  { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);
process.on('warning', ({ message }) => say(message));

const started = await startMetrics(JSON.parse(RECORDER_OPTIONS) as StartMetricsOptions);
const { metrics, flush, shutdown, stats } = started;
const meterProvider = started.meterProvider as MeterProvider;

function state(): RecorderState {
  const { metrics: api, backends } = stats();
  return { metrics: api, exporter: Object.values(backends)[0]! };
}

answerRequests(async (request: RecorderRequest) => {
  switch (request.type) {
    case 'record':
      for (const operation of request.operations) record(operation);
      return undefined;
    case 'fill':
      return fill();
    case 'clock':
    case 'deadlines':
    case 'descriptors':
      return playProgramFault(request);
    case 'collect':
      await meterProvider.forceFlush();
      return state();
    case 'flush':
      await flush();
      return state();
    case 'shutdown': {
      const flushing = request.isBusy ? flush({ timeoutMillis: 60_000 }) : undefined;
      await Promise.all([shutdown(), shutdown()]);
      await flushing;
      // What was closed goes with the next turns of the event loop.
      for (let turns = 0; turns < 5; turns += 1) await turn();
      const resources = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
      const end: RecorderEnd = { ...state(), resources, sockets: openSockets() };
      // Nothing else keeps it.
      setImmediate(() => process.disconnect());
      return end;
    }
  }
});
tell({ reply: 'started' });

function record(operation: Operation): void {
  if (operation[0] === 'event') {
    metrics.event(operation[1], 'text');
    return;
  }
  const [verb, name, value, tags] = operation;
  metrics[verb](name, value, { tags });
}

/** @returns how much */
function fill(): number {
  const tags = { first: 'a'.repeat(190), second: 'b'.repeat(190), third: 'c'.repeat(180) };
  for (let metric = 0; metric < FILL_METRICS; metric += 1)
    for (let index = 0; index < FILL_SERIES; index += 1)
      metrics.incr(`${FILLER}${metric}`, 1, { tags: { ...tags, index } });
  return FILL_METRICS * FILL_SERIES;
}

/** Sockets of the exporter, also those that keep nothing alive: datagrams, TCP, unix streams, and what unix-dgram polls. */
function openSockets(): string[] {
  const { libuv } = process.report.getReport() as unknown as { libuv: { readonly type: string }[] };
  return libuv
    .filter(({ type }) => type !== 'pipe')
    .concat(libuv.filter((handle) => handle.type === 'pipe' && JSON.stringify(handle).includes('chaos-')))
    .map(({ type }) => type)
    .filter((type) => ['udp', 'tcp', 'pipe', 'poll'].includes(type));
}
