import type { ReadBackend, ReadSettings, StartMetricsOptions } from '@tallykit/node';
import type { SentResult } from './findings.ts';
import { explainFailure, explainSuccess } from './explain.ts';
import type { ProjectPackage } from './project.ts';

/** The names of what is sent. */
export const PROBE = {
  count: 'tallykit.doctor.count',
  timing: 'tallykit.doctor.timing',
  event: 'tallykit doctor',
  tag: { check: 'doctor' },
} as const;

/**
 * Sends one counter, one timing and one event to each backend, as the program would, and says what became of them.
 *
 * @param options of `startMetrics`, beside the environment
 * @throws what `startMetrics` throws
 */
export async function send(
  { node }: ProjectPackage,
  { backends }: ReadSettings,
  timeoutMillis: number,
  options: StartMetricsOptions = {},
): Promise<SentResult[]> {
  const { metrics, flush, shutdown, stats } = await node.startMetrics(options);
  metrics.incr(PROBE.count, 1, { tags: PROBE.tag });
  metrics.timing(PROBE.timing, 1, { tags: PROBE.tag });
  metrics.event(PROBE.event, 'One event, to see whether it arrives.', { tags: PROBE.tag });
  const reports = await flush({ timeoutMillis });
  const counted = stats().backends;
  const results = backends
    .filter(({ backend }) => backend !== 'noop')
    .map((backend) => resultOf(backend, reports[backend.key]!, counted[backend.key]!));
  // What could not be sent is not worth to be waited for.
  await shutdown({ timeoutMillis: 1 });
  return results;
}

type Report = Awaited<
  ReturnType<Awaited<ReturnType<ProjectPackage['node']['startMetrics']>>['flush']>
>[string];
type Stats = ReturnType<
  Awaited<ReturnType<ProjectPackage['node']['startMetrics']>>['stats']
>['backends'][string];

function resultOf(backend: ReadBackend, { pending, dropped, errors }: Report, { events }: Stats): SentResult {
  const { key, destination } = backend;
  const common = { key, destination, takesEvents: events.received.points > 0 };
  const reasons = [...new Set(errors.map(({ message }) => withoutComponent(message)))];
  const isComplete = pending === 0 && dropped === 0 && reasons.length === 0;
  if (isComplete) return { ...common, ...explainSuccess(backend), findings: [] };
  return { ...common, ...explainFailure(backend, reasons) };
}

/** `StatsdMetricExporter: connect ECONNREFUSED` without the name. */
function withoutComponent(message: string): string {
  return message.replace(/^\w+: /, '');
}
