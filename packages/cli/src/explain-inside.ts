import { note, problem, type Finding } from './findings.ts';
import type { InsideReport } from './inside-report.ts';

/** What is wrong with a program, by what it looks like from inside. */
export function explainInside(report: InsideReport): Finding[] {
  return [...explainProvider(report), ...explainCopies(report), ...explainExports(report)];
}

const START =
  'Start it with `node --import @tallykit/node/register` and METRICS_BACKEND, or call startMetrics before the first metric.';

function explainProvider({
  isRegistered,
  exporters,
  copies,
  bundles,
  usesTallykit,
}: InsideReport): Finding[] {
  if (isRegistered) {
    return exporters.length > 0
      ? []
      : [
          problem(
            'a global MeterProvider is registered, and it has no reader, so nothing is exported',
            START,
          ),
        ];
  }
  const [bundle] = bundles;
  if (bundle !== undefined) {
    const held = bundle.contents.join(', ');
    const missing = bundle.contents.includes('an exporter of Tallykit')
      ? 'no MeterProvider was registered by it'
      : 'there is no exporter in it and none beside it';
    return [
      problem(
        `${bundle.path} is a bundle with ${held}, and ${missing}, so what it records goes nowhere`,
        `${START} In a bundle, startMetrics must be part of what is bundled.`,
      ),
    ];
  }
  if (copies.length === 0 && !usesTallykit) {
    return [
      problem(
        'the program has loaded neither @tallykit/metrics nor @opentelemetry/api, so it records nothing',
      ),
    ];
  }
  return [problem('no MeterProvider was registered, so what is recorded goes nowhere', START)];
}

function explainCopies({ isRegistered, copies, bundles, apiVersion }: InsideReport): Finding[] {
  const places = [
    ...copies.map(({ path, version }) => `${version} in ${path}`),
    ...bundles.map(({ path }) => `one in the bundle ${path}`),
  ];
  if (places.length < 2) return [];
  const blind = copies.filter(({ seesProvider }) => !seesProvider);
  const list = places.join(', ');
  if (isRegistered && blind.length > 0) {
    const which = blind.map(({ version, path }) => `${version} in ${path}`).join(', ');
    return [
      problem(
        `there are ${places.length} copies of @opentelemetry/api: ${list}. What is recorded with ${which} goes nowhere, ` +
          `because a MeterProvider of the older version ${apiVersion} is registered`,
        'Let all packages use one version: `npm ls @opentelemetry/api` shows who has which, `npm dedupe` or `overrides` mends it.',
      ),
    ];
  }
  return [
    note(`there are ${places.length} copies of @opentelemetry/api, which understand each other: ${list}`),
  ];
}

function explainExports({ exporters }: InsideReport): Finding[] {
  return exporters
    .filter(({ failures }) => failures > 0)
    .map(({ exporter, exports, failures, error }) =>
      problem(
        `${failures} of ${exports} exports of ${exporter} failed: ${error ?? 'it gives no reason'}`,
        'Run `tallykit doctor` without a program, in the same environment, to see why.',
      ),
    );
}
