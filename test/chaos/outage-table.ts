import { decimal } from '../demo/screen.ts';
import { markdownTable } from '../markdown-table.ts';
import type { OutageEnd } from './outage-program.ts';

export const BEFORE_SECONDS = 15;
export const OUTAGE_SECONDS = 60;
export const AFTER_SECONDS = 25;
export const SECONDS = BEFORE_SECONDS + OUTAGE_SECONDS + AFTER_SECONDS;

/** The columns of the table. */
export const OUTAGE_LIBRARIES = [
  'Tallykit',
  'SDK + OTLP, delta',
  'SDK + OTLP, cumulative',
  'hot-shots',
] as const;
export type OutageLibrary = (typeof OUTAGE_LIBRARIES)[number];

export interface Arrived {
  readonly counts: number;
  readonly timings: number;
}

/** A second of a run, and how many counts were recorded and had arrived by then. */
export type Moment = readonly [second: number, recorded: number, arrived: number];

/** A run of one library against a server that fails in one way. */
export interface OutageResult {
  readonly scenario: string;
  readonly library: OutageLibrary;
  readonly recorded: OutageEnd;
  readonly arrived: Arrived;
  readonly moments: readonly Moment[];
}

/** What each library lost, and how much it logged. */
export function outageTable(results: readonly OutageResult[]): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const head = [`${OUTAGE_SECONDS} s in which the server …`, '', ...OUTAGE_LIBRARIES];
  const body = scenarios.flatMap((scenario) => {
    const row = OUTAGE_LIBRARIES.map((library) =>
      results.find((result) => result.scenario === scenario && result.library === library),
    );
    return [
      [scenario, 'counts', ...row.map((result) => lossOf(result, 'counts'))],
      ['', 'timings', ...row.map((result) => lossOf(result, 'timings'))],
      ['', 'lines logged', ...row.map((result) => (result ? decimal(result.recorded.lines) : ''))],
    ];
  });
  return markdownTable([head, ...body], 2);
}

function lossOf(result: OutageResult | undefined, what: keyof Arrived): string {
  if (result === undefined) return '';
  const text = differenceOf(result.recorded[what] - result.arrived[what]);
  return result.library === 'Tallykit' ? `**${text}**` : text;
}

/** How much less arrived than was recorded, or how much more. */
function differenceOf(missing: number): string {
  if (missing === 0) return '0 lost';
  return missing > 0 ? `${decimal(missing)} lost` : `${decimal(-missing)} too many`;
}
