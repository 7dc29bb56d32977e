import { caseId, SERIES, VERBS, type Library, type Objects, type Verb } from '../bench/call-cases.ts';
import { nanoseconds } from '../bench/report.ts';
import { decimal } from '../demo/screen.ts';
import { barChart, type Bar, type BarChart } from './bar-chart.ts';
import { draw } from './draw.ts';
import type { Measured } from './measured.ts';
import { outageChart } from './outage-chart.ts';
import type { Theme } from './theme.ts';
import { drawWay, WAY_ALT } from './way-of-a-number.ts';

/** A picture that is drawn in each theme. */
export interface Picture {
  readonly name: string;
  /** What it shows, with the figures, for those who don't see it. */
  readonly alt: string;
  readonly draw: (theme: Theme) => Promise<string>;
}

/** All pictures that are drawn from what was measured, and the one of the way of a number. */
export function picturesOf(measured: Measured): Picture[] {
  const pictures = [
    [measured.calls, () => bars('calls', callBars(measured))],
    [measured.collections, () => bars('collections', collectionBars(measured))],
    [measured.servers, () => bars('servers', serverBars(measured))],
    [measured.heap, () => bars('heap', heapBars(measured))],
    [measured.exports, () => bars('exports', exportBars(measured))],
    [measured.outage, () => outage(measured)],
  ] as const;
  return [
    ...pictures.flatMap(([{ results }, create]) => (results.length === 0 ? [] : [create()])),
    { name: 'way-of-a-number', alt: WAY_ALT, draw: drawWay },
  ];
}

/** The ways to record that are drawn, the fastest first. */
const CALL_WAYS: readonly {
  readonly title: string;
  readonly library: Library;
  readonly objects: Objects;
}[] = [
  { title: 'Tallykit, bound handle', library: 'producers', objects: 'bound' },
  { title: 'Tallykit', library: 'producers', objects: 'fresh' },
  { title: 'prom-client', library: 'prom-client', objects: 'fresh' },
  { title: 'OpenTelemetry SDK', library: 'opentelemetry', objects: 'fresh' },
  { title: 'hot-shots, buffered', library: 'hot-shots buffered', objects: 'fresh' },
];

/** Nanoseconds of a call with three tags, on one of a hundred series. */
function callNanoseconds(
  { calls }: Measured,
  library: Library,
  verb: Verb,
  objects: Objects,
): number | undefined {
  const id = caseId(library, verb, 3, objects, SERIES);
  return calls.results.find((call) => call.id === id)?.nanoseconds.median;
}

function callBars(measured: Measured): BarChart {
  return {
    title: 'What a call costs',
    subtitle: 'Nanoseconds a call, 3 tags, 100 series; shorter is better',
    bars: VERBS.flatMap((verb) =>
      CALL_WAYS.map(({ title, library, objects }) => {
        const value = callNanoseconds(measured, library, verb, objects)!;
        return { panel: verb, row: title, value, label: nanoseconds(value), isOwn: isOwn(title) };
      }),
    ),
  };
}

function collectionBars({ collections }: Measured): BarChart {
  const [first] = collections.results;
  return {
    title: `How long a collection of ${decimal(first!.series)} series holds the event loop`,
    subtitle: 'The longest block in milliseconds, without pauses of the garbage collector; shorter is better',
    bars: collections.results
      .toSorted((one, other) => one.kind.localeCompare(other.kind))
      .flatMap(({ kind, temporality, producers, opentelemetry }) =>
        [
          ['Tallykit', producers.block.median] as const,
          ['OpenTelemetry SDK', opentelemetry.block.median] as const,
        ].map(([row, value]): Bar => ({
          panel: `${kind}, ${temporality}`,
          row,
          value,
          label: decimal(value, value < 100 ? 1 : 0),
          isOwn: isOwn(row),
        })),
      ),
  };
}

const RECORDERS = {
  nothing: undefined,
  producers: 'Tallykit',
  'prom-client': 'prom-client, which sends nothing',
  instruments: 'Tallykit on instruments',
  opentelemetry: 'OpenTelemetry SDK',
  'hot-shots': 'hot-shots',
} as const;

function serverBars({ servers }: Measured): BarChart {
  const titles = Object.entries(RECORDERS).flatMap(([recorder, title]) =>
    title === undefined ? [] : [{ recorder, title }],
  );
  return {
    title: 'What a request of a Fastify server pays for its metrics',
    subtitle:
      'Microseconds of processor time for 4 counts, 4 timings and 2 gauges, StatsD export included; shorter is better',
    bars: titles.map(({ recorder, title }) => {
      const { median } = servers.results.find((result) => result.recorder === recorder)!.above;
      return {
        panel: '',
        row: title,
        value: Math.max(0, median),
        label: decimal(median, 1),
        isOwn: isOwn(title),
      };
    }),
  };
}

const AGGREGATORS = [
  ['Tallykit, delta', 'producers', 'delta'],
  ['Tallykit, cumulative', 'producers', 'cumulative'],
  ['OpenTelemetry SDK, delta', 'opentelemetry', 'delta'],
  ['OpenTelemetry SDK, cumulative', 'opentelemetry', 'cumulative'],
  ['prom-client', 'prom-client', 'cumulative'],
] as const;

function heapBars({ heap }: Measured): BarChart {
  return {
    title: 'What a series keeps in memory',
    subtitle: 'Bytes of the heap a series, with one reader; shorter is better',
    hasOwnScales: true,
    bars: (['counters', 'timings'] as const).flatMap((kind) =>
      AGGREGATORS.map(([row, aggregator, temporality]): Bar => {
        const { bytes } = heap.results.find(
          (each) => each.kind === kind && each.temporality === temporality,
        )!;
        const value = bytes[aggregator]!;
        const panel = kind === 'timings' ? 'timings of 20 values' : kind;
        return { panel, row, value, label: decimal(value), isOwn: isOwn(row) };
      }),
    ),
  };
}

function exportBars({ exports }: Measured): BarChart {
  const counters = exports.results.filter(
    ({ exporter, kind, network, hotShots }) =>
      exporter === 'statsd' && kind === 'counters' && network !== undefined && hotShots !== undefined,
  );
  return {
    title: 'What an export costs over UDP',
    subtitle:
      'Microseconds of processor time a series, and hot-shots sending the same lines; shorter is better',
    bars: counters.flatMap(({ series, points, network, hotShots }) =>
      [['Tallykit', network!] as const, ['hot-shots', hotShots!] as const].map(
        ([row, { processor }]): Bar => {
          const value = (processor.median * 1_000) / points;
          return {
            panel: `${decimal(series)} counters`,
            row,
            value,
            label: decimal(value, 2),
            isOwn: isOwn(row),
          };
        },
      ),
    ),
  };
}

function outage({ outage: { results } }: Measured): Picture {
  const { alt, specOf } = outageChart(results);
  return { name: 'outage', alt, draw: (theme) => draw(specOf(theme)) };
}

function bars(name: string, chart: BarChart): Picture {
  const panels = new Set(chart.bars.map(({ panel }) => panel));
  const texts = Array.from(panels, (panel) => {
    const own = chart.bars.filter((bar) => bar.panel === panel);
    const values = own.map(({ row, label }) => `${row} ${label}`).join('; ');
    return panel === '' ? values : `${panel}: ${values}`;
  });
  return {
    name,
    alt: `${chart.title}. ${chart.subtitle}. ${texts.join('. ')}.`,
    draw: (theme) => draw(barChart(chart, theme)),
  };
}

function isOwn(title: string): boolean {
  return title.startsWith('Tallykit');
}
