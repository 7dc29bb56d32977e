import type { ReadSettings } from '@tallykit/node';
import { note, problem, type Finding } from './findings.ts';

const NAME_A_BACKEND =
  'Set METRICS_BACKEND to statsd, dogstatsd, datadog, otlp, prometheus, logging or console, or call startMetrics with one.';

/** What the settings alone say. */
export function checkSettings({ off, backends, unused, ignored }: ReadSettings): Finding[] {
  const wrong = ignored.map(({ name, reason }) =>
    problem(`${name} is ignored: ${reason}`, `Mend or unset ${name}.`),
  );
  const idle = unused.map(({ name, reason }) => note(`\`${name}\` has no effect: ${reason}`));
  if (off !== undefined) {
    return [
      problem(`metrics are turned off by ${off}`, `Unset ${off}, or give it another value.`),
      ...wrong,
      ...idle,
    ];
  }
  const discarding = backends
    .filter(({ backend }) => backend === 'noop')
    .map(({ source }) =>
      source === 'default'
        ? problem('no backend is named, so everything is discarded', NAME_A_BACKEND)
        : problem(`${source} names the backend that discards everything`, NAME_A_BACKEND),
    );
  return [...discarding, ...wrong, ...idle];
}
