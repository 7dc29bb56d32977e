import type { TopLevelSpec } from 'vega-lite';
import {
  BEFORE_SECONDS,
  OUTAGE_SECONDS,
  SECONDS,
  type OutageLibrary,
  type OutageResult,
} from '../chaos/outage-table.ts';
import { decimal } from '../demo/screen.ts';
import { frameOf } from './bar-chart.ts';
import type { Theme } from './theme.ts';

interface LineOf {
  readonly scenario: string;
  readonly library: OutageLibrary;
  readonly title: string;
  readonly color: 'own' | 'other' | 'third';
}

/** The last one lies on top. */
const LINES: readonly LineOf[] = [
  { scenario: 'is gone, UDP', library: 'hot-shots', title: 'hot-shots, UDP', color: 'third' },
  { scenario: 'is gone', library: 'SDK + OTLP, delta', title: 'OpenTelemetry, OTLP delta', color: 'other' },
  { scenario: 'is gone', library: 'Tallykit', title: 'Tallykit', color: 'own' },
];
const WIDTH = 520;
const HEIGHT = 300;
/** So that names at the end of lines don't lie on each other. */
const LEAST_DISTANCE = 40;
const TITLE = 'A server that is gone for a minute';
const SUBTITLE = 'Counts that were recorded, 100 a second, and how many of them had arrived';

/** How many counts had arrived at each moment of a run, for those who send differences. */
export function outageChart(results: readonly OutageResult[]): {
  readonly alt: string;
  readonly specOf: (theme: Theme) => TopLevelSpec;
} {
  const lines = LINES.map(({ scenario, library, title, color }): Line => {
    const result = results.find((each) => each.scenario === scenario && each.library === library)!;
    const { recorded, arrived, moments } = result;
    const figures = `${decimal(arrived.counts)} of ${decimal(recorded.counts)}`;
    return { title, figures, moments, color };
  });
  const end = BEFORE_SECONDS + OUTAGE_SECONDS;
  return {
    alt: `${TITLE}. ${SUBTITLE}; the server is gone from second ${BEFORE_SECONDS} to second ${end} of ${SECONDS}. At the end, ${lines.map(({ title, figures }) => `${title}: ${figures}`).join('; ')} had arrived.`,
    specOf: (theme) => specOf(lines, theme),
  };
}

interface Line extends Pick<LineOf, 'title' | 'color'>, Pick<OutageResult, 'moments'> {
  readonly figures: string;
}

function specOf(lines: readonly Line[], theme: Theme): TopLevelSpec {
  const most = Math.max(...lines.flatMap(({ moments }) => moments.map(([, recorded]) => recorded)));
  const recorded = lines[0]!.moments.map(([second, count]) => ({ second, count }));
  const y = { field: 'count', type: 'quantitative' as const };
  const x = { field: 'second', type: 'quantitative' as const };
  return {
    ...frameOf(TITLE, SUBTITLE, theme),
    width: WIDTH,
    height: HEIGHT,
    encoding: {
      x: {
        type: 'quantitative',
        scale: { domain: [0, SECONDS], nice: false },
        axis: { title: 'seconds', grid: false, values: [0, 15, 30, 45, 60, 75, 90, 100] },
      },
      y: {
        type: 'quantitative',
        scale: { domain: [0, most], nice: false },
        axis: { title: null, tickCount: 5, format: ',.0f', domain: false, ticks: false },
      },
    },
    layer: [
      {
        data: { values: [{ from: BEFORE_SECONDS, to: BEFORE_SECONDS + OUTAGE_SECONDS }] },
        mark: { type: 'rect', color: theme.shade },
        encoding: {
          x: { field: 'from', type: 'quantitative' },
          x2: { field: 'to' },
          y: { value: 0 },
          y2: { value: 'height' },
        },
      },
      {
        data: { values: [{ second: BEFORE_SECONDS, text: 'the server is gone' }] },
        mark: { type: 'text', align: 'left', baseline: 'top', dx: 8, dy: 8, fontSize: 13, color: theme.bad },
        encoding: { x, y: { value: 0 }, text: { field: 'text' } },
      },
      {
        data: { values: recorded },
        mark: { type: 'line', color: theme.quiet, strokeDash: [4, 4], strokeWidth: 1.5 },
        encoding: { x, y },
      },
      {
        data: {
          values: [
            { second: 42, count: recorded.find(({ second }) => second === 42)!.count, text: 'recorded' },
          ],
        },
        mark: { type: 'text', align: 'right', dx: -8, dy: -6, fontSize: 13, color: theme.quiet },
        encoding: { x, y, text: { field: 'text' } },
      },
      ...lines.map(({ moments, color }) => ({
        data: { values: moments.map(([second, , count]) => ({ second, count })) },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2.5, color: theme[color] },
        encoding: { x, y },
      })),
      ...endsOf(lines, most).map(({ title, figures, color, ...end }) => ({
        data: { values: [{ ...end, text: `${title}\n${figures}` }] },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'middle',
          lineBreak: '\n',
          lineHeight: 17,
          dx: 10,
          fontSize: 13,
          color: color === 'other' ? theme.quiet : theme[color],
        },
        encoding: { x, y, text: { field: 'text' } },
      })),
    ],
  } as TopLevelSpec;
}

/** Where each line ends, or a little above it where another one would be too close. */
function endsOf(lines: readonly Line[], most: number) {
  const least = (LEAST_DISTANCE / HEIGHT) * most;
  let before = Number.NEGATIVE_INFINITY;
  return lines
    .map((line) => ({ line, end: line.moments.at(-1)! }))
    .toSorted((first, second) => first.end[2] - second.end[2])
    .map(({ line, end: [second, , count] }) => {
      before = Math.max(count, before + least);
      return { title: line.title, figures: line.figures, color: line.color, second, count: before };
    });
}
