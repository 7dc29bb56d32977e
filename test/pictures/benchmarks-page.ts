import {
  caseId,
  SERIES,
  VERBS,
  type Library,
  type Objects,
  type TagCount,
  type Verb,
} from '../bench/call-cases.ts';
import type { ExportResult, Work } from '../bench/measure-exports.ts';
import { bytes, nanoseconds } from '../bench/report.ts';
import type { Results } from '../bench/results.ts';
import { BEFORE_SECONDS, outageTable, OUTAGE_SECONDS, SECONDS } from '../chaos/outage-table.ts';
import { decimal } from '../demo/screen.ts';
import { markdownTable } from '../markdown-table.ts';
import type { Measured } from './measured.ts';

/** docs/benchmarks.md. `showPicture` gives the Markdown of a picture by its name. */
export function benchmarksPage(measured: Measured, showPicture: (name: string) => string): string {
  const sections: readonly (readonly string[])[] = [
    [
      '# Benchmarks',
      'All figures that Tallykit publishes about speed, memory and outages, with the command that measures each again. `pnpm pictures` writes this page and its pictures from the files in [benchmarks](benchmarks); nobody writes a figure by hand.',
      `Measured on ${machineOf(measured)}, in turns with what they are compared with. The machine is shared and not fast: trust the proportions of one table, and compare no two tables, which may be of different runs. Every value is a median, unless a table says otherwise.`,
      '`pnpm bench` runs all parts in about half an hour, `pnpm bench --quick` a short form of them, and `pnpm bench:otel3` all parts on Node 24 with OpenTelemetry 3. With `--write` the results go into the files that this page is made of.',
    ],
    ...(
      [
        [measured.calls, callSection],
        [measured.pairs, pairSection],
        [measured.collections, collectionSection],
        [measured.whole, wholeSection],
        [measured.servers, serverSection],
        [measured.heap, heapSection],
        [measured.exports, exportSection],
        [measured.http, httpSection],
        [measured.imports, importSection],
        [measured.store, storeSection],
        [measured.hostile, hostileSection],
        [measured.outage, outageSection],
        [measured.calls, lossSection],
      ] as const
    ).map(([{ results }, section]) => (results.length === 0 ? [] : section(measured, showPicture))),
  ];
  return `${sections.flat().join('\n\n')}\n`;
}

function machineOf(measured: Measured): string {
  const all = (Object.values(measured) as Results<unknown>[]).filter(({ results }) => results.length > 0);
  const several = (values: readonly string[]): string => [...new Set(values)].join(' and ');
  const versions = all.flatMap((results) =>
    Object.entries(results.versions).map(([name, version]) => `${name} ${version}`),
  );
  const processors = several(all.map((results) => String(results.processors)));
  return `Node ${several(all.map(({ node }) => node))} with ${processors} processors, ${several(versions.toSorted()).replaceAll(' and ', ', ')}`;
}

function command({ command: text }: Results<unknown>): string {
  return `Measured by \`${text}\`.`;
}

interface Way {
  readonly title: string;
  readonly library: Library;
  readonly objects: Objects;
}

const WAYS: readonly Way[] = [
  { title: '**Tallykit**', library: 'producers', objects: 'fresh' },
  { title: 'Tallykit, the same options object each time', library: 'producers', objects: 'same' },
  { title: '**Tallykit, bound handle**', library: 'producers', objects: 'bound' },
  { title: 'Tallykit on instruments', library: 'tallykit', objects: 'fresh' },
  { title: 'Tallykit on instruments, bound handle', library: 'tallykit', objects: 'bound' },
  { title: 'OpenTelemetry SDK', library: 'opentelemetry', objects: 'fresh' },
  { title: 'prom-client', library: 'prom-client', objects: 'fresh' },
  { title: 'prom-client, bound handle', library: 'prom-client', objects: 'bound' },
  { title: 'hot-shots, buffered', library: 'hot-shots buffered', objects: 'fresh' },
  { title: 'hot-shots, aggregating', library: 'hot-shots aggregating', objects: 'fresh' },
];

type Call = Measured['calls']['results'][number];

function callOf(
  { calls }: Measured,
  { library, objects }: Way,
  verb: Verb,
  tagCount: TagCount,
  series: Call['series'],
): Call | undefined {
  const id = caseId(library, verb, tagCount, objects, series);
  return calls.results.find((call) => call.id === id);
}

function callTable(
  measured: Measured,
  title: string,
  ways: readonly Way[],
  [tagCount, series]: readonly [TagCount, Call['series']],
  read: (call: Call) => string,
): string {
  const rows = ways.map((way) => [
    way.title,
    ...VERBS.map((verb) => {
      const call = callOf(measured, way, verb, tagCount, series);
      return call === undefined ? '–' : read(call);
    }),
  ]);
  return markdownTable([[title, ...VERBS.map((verb) => `\`${verb}\``)], ...rows], 1);
}

function callSection(measured: Measured, showPicture: (name: string) => string): string[] {
  const tagged = [3, SERIES] as const;
  const untagged = WAYS.filter(({ objects }) => objects === 'fresh').map((way): Way => ({
    ...way,
    objects: 'none',
  }));
  const time = ({ nanoseconds: { median } }: Call): string => nanoseconds(median);
  return [
    '## A call',
    showPicture('calls'),
    `${command(measured.calls)} Each library makes the calls of all rows in one process, as a program has many call sites. \`startMetrics\` records as the row "Tallykit" does, and so does whoever makes a producer; [where metrics go](../packages/metrics/README.md#where-metrics-go) says what "on instruments" means.`,
    callTable(measured, 'Nanoseconds a call, 3 tags, 100 series', WAYS, tagged, time),
    callTable(measured, 'Nanoseconds a call, no tags', untagged, [0, 1], time),
    'What a call leaves to the garbage collector. V8 makes an object for each number with a fraction, with every library.',
    callTable(measured, 'Bytes a call, 3 tags, 100 series', WAYS, tagged, (call) => bytes(call.bytes)),
  ];
}

function pairSection({ pairs }: Measured): string[] {
  return [
    `Two ways to set up \`incr\` with 3 tags, in pairs of processes; measured by \`${pairs.command}\`.`,
    markdownTable(
      [
        ['Set-up', 'ns', 'beside', 'ns', 'times'],
        ...pairs.results.map(({ name, first, second, ratio }) => [
          PAIR_TITLES[name][0],
          nanoseconds(first.median),
          PAIR_TITLES[name][1],
          nanoseconds(second.median),
          decimal(ratio.median, 2),
        ]),
      ],
      1,
    ),
  ];
}

const PAIR_TITLES = {
  operationLog: ['operation log off', 'without its hook'],
  defaultBackend: ['`startMetrics({})`', '`createMetrics({ meterProvider })`'],
} as const;

function collectionSection({ collections }: Measured, showPicture: (name: string) => string): string[] {
  return [
    '## A collection',
    showPicture('collections'),
    `${command(collections)} One reader collects; histograms are exponential. Blocks are without the pauses of the garbage collector, which have columns of their own.`,
    markdownTable(
      [
        ['Milliseconds', 'processor time', 'SDK', 'longest block', 'SDK', 'longest pause', 'SDK'],
        ...collections.results.map(({ kind, temporality, series, valuesPerSeries, ...works }) => [
          `${decimal(series)} ${kind}${valuesPerSeries === 1 ? '' : ` of ${valuesPerSeries} values`}, ${temporality}`,
          ...(['processor', 'block', 'longestPause'] as const).flatMap((what) => [
            `**${milliseconds(works.producers[what].median)}**`,
            milliseconds(works.opentelemetry[what].median),
          ]),
        ]),
      ],
      1,
    ),
  ];
}

function wholeSection({ whole }: Measured): string[] {
  return [
    `A flush of \`startMetrics\`, from recorded calls to a server; measured by \`${whole.command}\`.`,
    markdownTable(
      [
        ['Milliseconds', 'longest block', 'the longest of all rounds', 'longest pause'],
        ...whole.results.map(({ backend, series, block, longestPause }) => [
          `${decimal(series)} counters, \`${backend}\``,
          `**${milliseconds(block.median)}**`,
          milliseconds(block.most),
          milliseconds(longestPause.median),
        ]),
      ],
      1,
    ),
  ];
}

function serverSection({ servers }: Measured, showPicture: (name: string) => string): string[] {
  const titles = {
    nothing: 'without metrics',
    producers: '**Tallykit**',
    instruments: 'Tallykit on instruments',
    opentelemetry: 'OpenTelemetry SDK',
    'hot-shots': 'hot-shots',
    'prom-client': 'prom-client',
  };
  return [
    '## A request of a server',
    showPicture('servers'),
    `${command(servers)} A Fastify server records 4 counts, 4 timings and 2 gauges in each request. prom-client sends nothing; the others send to a StatsD server, each server in a process of its own. "For metrics" is the median of the differences within each round, so it is not the difference of the medians.`,
    markdownTable(
      [
        ['Microseconds of processor time a request', 'all', 'for metrics'],
        ...servers.results.map(({ recorder, processor, above }) => [
          titles[recorder],
          decimal(processor.median, 1),
          recorder === 'nothing' ? '–' : decimal(above.median, 1),
        ]),
      ],
      1,
    ),
  ];
}

function heapSection({ heap }: Measured, showPicture: (name: string) => string): string[] {
  const columns = ['producers', 'instruments', 'opentelemetry', 'prom-client'] as const;
  return [
    '## Memory',
    showPicture('heap'),
    `${command(heap)} The larger of two figures: before a collection and after it.`,
    markdownTable(
      [
        [
          'Bytes of the heap a series, one reader',
          '**Tallykit**',
          'Tallykit on instruments',
          'OpenTelemetry SDK',
          'prom-client',
        ],
        ...heap.results.map(({ kind, temporality, bytes: kept }) => [
          `${kind === 'timings' ? 'timings of 20 values' : kind}, ${temporality}`,
          ...columns.map((column) => (kept[column] === undefined ? '–' : decimal(kept[column]))),
        ]),
      ],
      1,
    ),
  ];
}

function exportSection({ exports }: Measured, showPicture: (name: string) => string): string[] {
  const { results } = exports;
  const factors = results.flatMap(({ kind, nowhere, network }) =>
    kind === 'timings' ? [] : [{ nowhere: nowhere.hotShotsRatio, network: network?.hotShotsRatio }],
  );
  const range = (values: readonly (number | undefined)[]): string => {
    const known = values.filter((value) => value !== undefined);
    return `${decimal(Math.min(...known), 1)} to ${decimal(Math.max(...known), 1)}`;
  };
  return [
    '## An export',
    showPicture('exports'),
    `${command(exports)} Processor time of \`export()\` with StatsD, unless a row says DogStatsD, and of hot-shots sending the same lines. The longest block is that of an export over UDP, or to payloads where none was sent, in the worst of a few rounds.`,
    markdownTable(
      [
        ['Microseconds a series', '`export()` to payloads', 'over UDP', 'hot-shots', 'longest block, ms'],
        ...results.map((result) => [
          exportTitle(result),
          micros(result, result.nowhere),
          micros(result, result.network),
          micros(result, result.hotShots),
          milliseconds((result.network ?? result.nowhere).block?.own.most),
        ]),
      ],
      1,
    ),
    `Round by round, hot-shots takes ${range(factors.map(({ nowhere }) => nowhere?.median))} times as long as making payloads of counters, and ${range(factors.map(({ network }) => network?.median))} times as long as sending them over UDP. Datagrams go in small portions, so that no receiver loses any, and each portion wakes the process. Each sample of a timing is a line of its own, with hot-shots too.`,
  ];
}

function exportTitle({ exporter, kind, series, valuesPerSeries }: ExportResult): string {
  const what = {
    counters: 'counters',
    'raw counters': 'counters of `counter.add` by others',
    timings: `timings of ${valuesPerSeries} values`,
    sketches: `sketches of ${valuesPerSeries} values`,
  }[kind];
  return `${decimal(series)} ${what}${exporter === 'dogstatsd' ? ', DogStatsD' : ''}`;
}

function httpSection({ http }: Measured): string[] {
  return [
    '## An export to Datadog',
    `${command(http)} Compression, which has threads of its own, is part of the processor time. The longest block is without the loading of Node's \`fetch\`, which a process pays for once, with its first request.`,
    markdownTable(
      [
        ['', 'requests', 'kB sent', 'µs a series, to payloads', 'over HTTP', 'longest block, ms'],
        ...http.results.map((result) => [
          exportTitle(result),
          decimal(result.payloads),
          decimal(result.bytes / 1_000),
          micros(result, result.nowhere),
          micros(result, result.network),
          milliseconds(result.network?.block?.own.most),
        ]),
      ],
      1,
    ),
  ];
}

function importSection({ imports }: Measured): string[] {
  return [
    '## Starting',
    `${command(imports)} A process that imports one package and ends. The middle column is what it takes longer than a process that imports nothing; ± is half of the interquartile range. An exporter brings OpenTelemetry's SDK along, which takes most of its time.`,
    markdownTable(
      [
        ['Milliseconds', 'import', '±'],
        ...imports.results.flatMap(({ name, above }) =>
          name === undefined
            ? []
            : [[`\`${name}\``, decimal(above.median), decimal((above.upper - above.lower) / 2)]],
        ),
      ],
      1,
    ),
  ];
}

function storeSection({ store }: Measured): string[] {
  return [
    '## The internal store',
    `${command(store)} A query reads ten series over an hour, in 360 steps. All buckets of a series are allocated with its first value.`,
    markdownTable(
      [
        ['', 'query, ms', 'the first one, ms', 'recording a value, µs', 'a series in memory, kB'],
        ...store.results.map(({ type, range, firstRange, record, bytes: size }) => [
          `${type}s`,
          decimal(range.median, 2),
          decimal(firstRange, 1),
          decimal(record, 2),
          decimal(size / 1_000, 1),
        ]),
      ],
      1,
    ),
  ];
}

function hostileSection({ hostile }: Measured): string[] {
  return [
    `Requests for an hour of all series, split by a tag of which each of them has another value.`,
    markdownTable(
      [
        ['', 'longest block, ms', 'with pauses, ms', 'memory, MiB', 'all of them, ms'],
        ...hostile.results.map(({ type, series, requests, own, whole, memory, millis }) => [
          `${requests === 1 ? '1 request' : `${requests} requests at once`}, ${decimal(series)} ${type}s`,
          `**${decimal(own, 1)}**`,
          decimal(whole, 1),
          decimal(memory / 2 ** 20, 1),
          decimal(millis),
        ]),
      ],
      1,
    ),
  ];
}

function outageSection({ outage }: Measured, showPicture: (name: string) => string): string[] {
  return [
    '## An outage',
    showPicture('outage'),
    `${command(outage)} A program records a hundred counts and a hundred timings a second for ${SECONDS} s and exports every 10 s, and the server fails for ${OUTAGE_SECONDS} s, from second ${BEFORE_SECONDS} on. Over HTTP, Tallykit is \`DatadogHttpMetricExporter\`, over UDP \`StatsdMetricExporter\`, both in the stock reader.`,
    outageTable(outage.results),
    "The outage itself is two of the lines that Tallykit logs, one when it begins and one when it is over; the others are the reader's, one for each export that failed. Running totals (cumulative) are safe from outages as long as the process lives, but StatsD and Datadog want deltas. The OTLP exporter of the SDK sends again for ten seconds and then drops the interval; where only the answers were lost, what it sends again counts again.",
    "What can be lost with Tallykit: what the kernel took and nobody read (UDP, unix sockets, a broken TCP connection), and timings whose request was sent and never answered, because Datadog would count them twice. The first can't be known, the second is counted as `dropped.unknown`.",
  ];
}

/** Everything in the tables above in which another library is better. */
function lossSection(measured: Measured): string[] {
  return [
    '## Where we lose',
    'Calls, memory, requests and imports in which something that Tallykit is compared with takes less. "Alone in a process" is a process that makes this one call only; in the tables above, one process makes all calls.',
    markdownTable([['', 'Tallykit', 'the other'], ...losses(measured)], 1),
  ];
}

function losses(measured: Measured): string[][] {
  const { calls, heap, exports, servers, imports } = measured;
  const lost: string[][] = [];
  const compare = (
    what: string,
    own: number | undefined,
    other: number | undefined,
    write: (value: number) => string,
  ): void => {
    if (own !== undefined && other !== undefined && other < own) lost.push([what, write(own), write(other)]);
  };
  const ns = (value: number): string => `${nanoseconds(value)} ns`;
  const comparisons: readonly (readonly [own: Library, other: Library, title: string])[] = [
    ['producers', 'prom-client', 'prom-client'],
    ['producers', 'opentelemetry', 'the SDK'],
    ['producers', 'hot-shots buffered', 'hot-shots'],
    ['tallykit', 'opentelemetry', 'on instruments, the SDK'],
  ];
  const timeOf = (id: string, isAlone: boolean): number | undefined => {
    const call = calls.results.find((each) => each.id === id);
    return (isAlone ? call?.aloneNanoseconds : call?.nanoseconds)?.median;
  };
  for (const [own, other, title] of comparisons) {
    for (const verb of VERBS) {
      for (const [tagCount, objects, series, tags] of [
        [0, 'none', 1, 'no tags'],
        [3, 'fresh', SERIES, '3 tags'],
        [3, 'bound', SERIES, 'bound'],
      ] as const) {
        const [ours, theirs] = [own, other].map((library) =>
          timeOf(caseId(library, verb, tagCount, objects, series), false),
        );
        compare(`\`${verb}\`, ${tags}: ${title}`, ours, theirs, ns);
      }
    }
  }
  const [alone, promClient] = (['tallykit', 'prom-client'] as const).map((library) =>
    timeOf(caseId(library, 'incr', 0, 'none', 1), true),
  );
  compare('`incr`, no tags, alone in a process: prom-client', alone, promClient, ns);
  for (const { kind, temporality, bytes: kept } of heap.results) {
    const what = `memory of ${kind}, ${temporality}`;
    const write = (value: number): string => `${decimal(value)} B`;
    compare(`${what}: prom-client`, kept.producers, kept['prom-client'], write);
    compare(`${what}: the SDK`, kept.producers, kept.opentelemetry, write);
  }
  for (const result of exports.results) {
    compare(
      `export of ${exportTitle(result)}, over UDP: hot-shots`,
      result.network?.processor.median,
      result.hotShots?.processor.median,
      (value) => `${microsOf(result, value)} µs a series`,
    );
  }
  const server = (recorder: string): number | undefined =>
    servers.results.find((each) => each.recorder === recorder)?.above.median;
  for (const recorder of ['prom-client', 'opentelemetry', 'hot-shots']) {
    compare(
      `a request of a server: ${recorder}`,
      server('producers'),
      server(recorder),
      (value) => `${decimal(value, 1)} µs`,
    );
  }
  compare(
    'a request of a server: on instruments, the SDK',
    server('instruments'),
    server('opentelemetry'),
    (value) => `${decimal(value, 1)} µs`,
  );
  const start = (name: string): number | undefined =>
    imports.results.find((each) => each.name === name)?.above.median;
  for (const [own, other] of [
    ['@tallykit/metrics', 'prom-client'],
    ['@tallykit/metrics', 'hot-shots'],
    ['@tallykit/exporter-statsd', 'hot-shots'],
    ['@tallykit/node', '@opentelemetry/sdk-node'],
  ] as const) {
    compare(
      `importing \`${own}\`: \`${other}\``,
      start(own),
      start(other),
      (value) => `${decimal(value)} ms`,
    );
  }
  return lost;
}

function micros(result: ExportResult, work: Work | undefined): string {
  return work === undefined ? '–' : microsOf(result, work.processor.median);
}

function microsOf({ points }: ExportResult, milliseconds_: number): string {
  const value = (milliseconds_ * 1_000) / points;
  return decimal(value, value < 100 ? 2 : 0);
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : decimal(value, value < 100 ? 1 : 0);
}
