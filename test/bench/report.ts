import { decimal, type Cell, type Column, type Screen } from '../demo/screen.ts';
import { LIBRARIES, TAG_COUNTS, VERBS, caseId, type CallCase, type Library } from './call-cases.ts';
import type { CollectionResult, HeapResult } from './measure-aggregation.ts';
import type { CallResult } from './measure-calls.ts';
import type { ExportResult, Work } from './measure-exports.ts';
import type { PairName, PairResult } from './measure-pairs.ts';
import type { ImportResult } from './measure-imports.ts';
import type { ServerResult } from './measure-server.ts';
import type { HostileResult, StoreResult } from './measure-store.ts';
import type { WholeResult } from './measure-whole.ts';
import { HEADLINE } from './plan.ts';
import { isMet, type Requirement } from './requirements.ts';
import type { Summary } from './statistics.ts';

const CALLS: Column[] = [
  { title: '', width: 34 },
  { title: 'ns', width: 6, align: 'right' },
  { title: '±', width: 5, align: 'right' },
  { title: 'alone', width: 6, align: 'right' },
  { title: 'bytes', width: 6, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: '', width: 19 },
];
const MATRIX: Column[] = [
  { title: '', width: 28 },
  ...LIBRARIES.map((library): Column => ({ title: shortName(library), width: 9, align: 'right' })),
];
const PAIRED: Column[] = [
  { title: '', width: 28 },
  { title: 'ns', width: 6, align: 'right' },
  { title: 'beside', width: 32 },
  { title: 'ns', width: 6, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: '±', width: 6, align: 'right' },
];
const EXPORTS: Column[] = [
  { title: '', width: 26 },
  { title: 'lines', width: 9, align: 'right' },
  { title: 'payloads', width: 8, align: 'right' },
  { title: 'UDP', width: 8, align: 'right' },
  { title: 'hot-shots', width: 9, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: 'collect', width: 8, align: 'right' },
];
const HTTP: Column[] = [
  { title: '', width: 26 },
  { title: 'requests', width: 9, align: 'right' },
  { title: 'kB sent', width: 9, align: 'right' },
  { title: 'payloads', width: 10, align: 'right' },
  { title: 'HTTP', width: 10, align: 'right' },
  { title: 'elapsed', width: 10, align: 'right' },
  { title: 'collect', width: 10, align: 'right' },
];
const BLOCKS: Column[] = [
  { title: '', width: 30 },
  { title: 'drain', width: 13, align: 'right' },
  { title: 'to payloads', width: 13, align: 'right' },
  { title: 'sent', width: 13, align: 'right' },
  { title: 'collect', width: 13, align: 'right' },
];
const STORE: Column[] = [
  { title: '', width: 26 },
  { title: 'getRange, ms', width: 14, align: 'right' },
  { title: 'the first', width: 14, align: 'right' },
  { title: 'record, µs', width: 14, align: 'right' },
  { title: 'kB a series', width: 14, align: 'right' },
];
const HOSTILE: Column[] = [
  { title: '', width: 40 },
  { title: 'block, ms', width: 12, align: 'right' },
  { title: 'with pauses', width: 12, align: 'right' },
  { title: 'memory, MiB', width: 12, align: 'right' },
  { title: 'all, ms', width: 12, align: 'right' },
];
const COLLECTIONS: Column[] = [
  { title: '', width: 32 },
  { title: 'producers', width: 10, align: 'right' },
  { title: 'SDK', width: 10, align: 'right' },
  { title: '', width: 7, align: 'right' },
  { title: 'block', width: 8, align: 'right' },
  { title: 'SDK', width: 8, align: 'right' },
  { title: 'pause', width: 7, align: 'right' },
  { title: 'SDK', width: 7, align: 'right' },
];
const WHOLE: Column[] = [
  { title: '', width: 34 },
  { title: 'exported', width: 10, align: 'right' },
  { title: 'block', width: 10, align: 'right' },
  { title: 'most', width: 10, align: 'right' },
  { title: 'pause', width: 10, align: 'right' },
];
const IMPORTS: Column[] = [
  { title: '', width: 34 },
  { title: 'process', width: 10, align: 'right' },
  { title: 'import', width: 10, align: 'right' },
  { title: '±', width: 8, align: 'right' },
];
const HEAP: Column[] = [
  { title: '', width: 30 },
  { title: 'producers', width: 12, align: 'right' },
  { title: 'instruments', width: 12, align: 'right' },
  { title: 'OpenTelemetry', width: 14, align: 'right' },
  { title: 'prom-client', width: 12, align: 'right' },
];
const SERVERS: Column[] = [
  { title: '', width: 34 },
  { title: 'µs a request', width: 13, align: 'right' },
  { title: 'for metrics', width: 13, align: 'right' },
  { title: '±', width: 6, align: 'right' },
];
const REQUIREMENTS: Column[] = [
  { title: '', width: 76 },
  { title: 'promised', width: 9, align: 'right' },
  { title: 'measured', width: 9, align: 'right' },
  { title: '', width: 2, align: 'right' },
];

const LABELS: Readonly<Record<keyof typeof HEADLINE, string>> = {
  opentelemetry: 'counter.add(1, 3 attributes)',
  tallykit: 'metrics.incr(name, 1, 3 tags)',
  sameTags: '  the same tags object',
  same: '  the same options object',
  bound: 'bound.incr()',
  promClient: 'prom-client: inc(3 labels)',
  promClientBound: 'prom-client: labels(…).inc()',
  hotShots: 'hot-shots: increment(3 tags)',
  hotShotsAggregating: '  with aggregation',
  timing: 'metrics.timing(name, ms, 3 tags)',
  histogram: 'histogram.record(ms, 3 attributes)',
  untagged: 'metrics.incr(name)',
  untaggedOpenTelemetry: 'counter.add(1)',
  untaggedPromClient: 'prom-client: inc()',
};

const PAIR_LABELS: Readonly<Record<PairName, readonly [string, string]>> = {
  operationLog: ['operation log off', 'without its hook'],
  defaultBackend: ['startMetrics({})', 'createMetrics({ meterProvider })'],
};

/** Groups of calls that do the same; the first one is what the others are compared with. */
const GROUPS: readonly (readonly [title: string, keys: readonly (keyof typeof HEADLINE)[]])[] = [
  [
    'Counting, 3 tags, 100 series',
    [
      'opentelemetry',
      'tallykit',
      'sameTags',
      'same',
      'bound',
      'promClient',
      'promClientBound',
      'hotShots',
      'hotShotsAggregating',
    ],
  ],
  ['Counting, no tags', ['untaggedOpenTelemetry', 'untagged', 'untaggedPromClient']],
  ['A timing, 3 tags, 100 series', ['histogram', 'timing']],
];

/** The calls that people ask about first, each with fresh literals. */
export function printHeadline(screen: Screen, calls: readonly CallResult[]): void {
  const byId = new Map(calls.map((call) => [call.id, call]));
  for (const [title, keys] of GROUPS) {
    printHead(screen, CALLS, title);
    const results = keys.map((key) => ({ key, result: byId.get(HEADLINE[key])! }));
    const slowest = Math.max(...results.map(({ result }) => result.nanoseconds.median));
    const first = results[0]!.result.nanoseconds.median;
    for (const [index, { key, result }] of results.entries()) {
      const { median } = result.nanoseconds;
      const bar = '█'.repeat(Math.max(1, Math.round((median / slowest) * CALLS[6]!.width)));
      screen.print(
        screen.row(CALLS, [
          LABELS[key],
          nanoseconds(median),
          { text: spread(result.nanoseconds), style: 'dim' },
          { text: nanoseconds(result.aloneNanoseconds?.median), style: 'dim' },
          bytes(result.bytes),
          index === 0 ? '' : { text: times(first / median), style: 'bold' },
          { text: bar, style: result.library === 'tallykit' ? 'cyan' : 'dim' },
        ]),
      );
    }
  }
}

/** All cases: nanoseconds or bytes. */
export function printMatrix(
  screen: Screen,
  title: string,
  calls: readonly CallResult[],
  read: (call: CallResult) => string,
): void {
  const byId = new Map(calls.map((call) => [call.id, call]));
  printHead(screen, MATRIX, title);
  for (const verb of VERBS) {
    for (const tagCount of TAG_COUNTS) {
      const ways: [CallCase['objects'], CallCase['series']][] =
        tagCount === 0
          ? [['none', 1]]
          : [
              ['same', 1],
              ['same', 100],
              ['fresh', 1],
              ['fresh', 100],
              ['bound', 1],
              ['bound', 100],
            ];
      for (const [objects, series] of ways) {
        if (!LIBRARIES.some((library) => byId.has(caseId(library, verb, tagCount, objects, series))))
          continue;
        const cells = LIBRARIES.map((library): Cell => {
          const result = byId.get(caseId(library, verb, tagCount, objects, series));
          const text = result === undefined ? '–' : read(result);
          return library === 'tallykit' ? { text, style: 'bold' } : { text };
        });
        const tags = tagCount === 0 ? 'no tags' : `${tagCount} ${tagCount === 1 ? 'tag ' : 'tags'}`;
        const how = tagCount === 0 ? '' : `${objects.padEnd(5)} ${String(series).padStart(4)}`;
        screen.print(
          screen.row(MATRIX, [
            `${(verb === 'distribution' ? 'distr.' : verb).padEnd(7)}${tags.padEnd(8)} ${how}`,
            ...cells,
          ]),
        );
      }
    }
  }
}

export function printPairs(screen: Screen, pairs: readonly PairResult[]): void {
  printHead(screen, PAIRED, `incr, 3 tags, ${pairs[0]!.ratio.rounds} pairs`);
  for (const { name, first, second, ratio: factor } of pairs) {
    const [ours, other] = PAIR_LABELS[name];
    screen.print(
      screen.row(PAIRED, [
        ours,
        nanoseconds(first.median),
        other,
        nanoseconds(second.median),
        { text: `${decimal(factor.median, 2)} ×`, style: 'bold' },
        { text: spread(factor), style: 'dim' },
      ]),
    );
  }
}

export function printExports(screen: Screen, exports: readonly ExportResult[]): void {
  printHead(screen, EXPORTS, 'Export, processor ms');
  for (const result of exports) {
    const { nowhere, network, hotShots, collect } = result;
    screen.print(
      screen.row(EXPORTS, [
        seriesLabel(result),
        decimal(result.lines),
        { text: milliseconds(nowhere.processor.median), style: 'bold' },
        milliseconds(network?.processor.median),
        milliseconds(hotShots?.processor.median),
        { text: ratio(nowhere), style: 'bold' },
        ratio(network),
        { text: milliseconds(collect.processor.median), style: 'dim' },
      ]),
    );
    const each = [nowhere, network, hotShots].map((work) => forEachSeries(result, work));
    printBelow(screen, EXPORTS, ['  for each series', '', ...each, '', '', forEachSeries(result, collect)]);
    if (network ?? hotShots) {
      printBelow(screen, EXPORTS, ['  lines that arrived', '', '', arrived(network), arrived(hotShots)]);
    }
  }
}

/** The same to Datadog. Compression, which has threads of its own, is in it. */
export function printHttp(screen: Screen, exports: readonly ExportResult[]): void {
  printHead(screen, HTTP, 'To Datadog, processor ms');
  for (const result of exports) {
    const { nowhere, network, collect } = result;
    screen.print(
      screen.row(HTTP, [
        seriesLabel(result),
        decimal(result.payloads),
        decimal(result.bytes / 1_000),
        { text: milliseconds(nowhere.processor.median), style: 'bold' },
        { text: milliseconds(network?.processor.median), style: 'bold' },
        milliseconds(network?.elapsed.median),
        { text: milliseconds(collect.processor.median), style: 'dim' },
      ]),
    );
    const each = [nowhere, network].map((work) => forEachSeries(result, work));
    printBelow(screen, HTTP, ['  for each series', '', '', ...each, '', forEachSeries(result, collect)]);
  }
}

function forEachSeries({ points }: ExportResult, work: Work | undefined): string {
  if (work === undefined) return '';
  const micros = (work.processor.median * 1_000) / points;
  return `${decimal(micros, micros < 100 ? 2 : 0)} µs`;
}

function arrived(work: Work | undefined): string {
  return work?.arrived === undefined
    ? ''
    : `${decimal(100 * Math.min(1, work.arrived), work.arrived >= 1 ? 0 : 2)} %`;
}

function printBelow(screen: Screen, columns: readonly Column[], cells: readonly string[]): void {
  screen.print(screen.paint('dim', screen.row(columns, cells)));
}

export function printBlocks(screen: Screen, exports: readonly ExportResult[]): void {
  printHead(screen, BLOCKS, 'Longest block, ms');
  for (const result of exports) {
    const { drain, nowhere, network, collect } = result;
    const parts = [drain, nowhere, network, collect];
    screen.print(
      screen.row(BLOCKS, [
        seriesLabel(result),
        ...parts.map((part): Cell => ({ text: milliseconds(part?.block?.own.most), style: 'bold' })),
      ]),
      screen.paint(
        'dim',
        screen.row(BLOCKS, [
          '  with others’ pauses',
          ...parts.map((part): Cell => ({ text: milliseconds(part?.block?.whole.most) })),
        ]),
      ),
    );
  }
}

export function printStore(screen: Screen, results: readonly StoreResult[]): void {
  printHead(screen, STORE, '10 series over an hour');
  for (const { type, range, firstRange, record, bytes: perSeries } of results) {
    screen.print(
      screen.row(STORE, [
        `${type}s`,
        { text: decimal(range.median, 2), style: 'bold' },
        { text: decimal(firstRange, 2), style: 'dim' },
        decimal(record, 2),
        decimal(perSeries / 1_000, 1),
      ]),
    );
  }
}

/** Requests for an hour of all series, split by a tag that each of them has another value of. */
export function printHostile(screen: Screen, results: readonly HostileResult[]): void {
  printHead(screen, HOSTILE, 'Requests that would read everything');
  for (const { type, series, requests, own, whole, memory, millis } of results) {
    screen.print(
      screen.row(HOSTILE, [
        `${requests} at once, ${decimal(series)} ${type}s`,
        { text: decimal(own, 1), style: 'bold' },
        { text: decimal(whole, 1), style: 'dim' },
        decimal(memory / 2 ** 20, 1),
        decimal(millis),
      ]),
    );
  }
}

/** A collection by one reader: processor time, the longest block of its own, and the garbage collector's longest pause. */
export function printCollections(screen: Screen, results: readonly CollectionResult[]): void {
  printHead(screen, COLLECTIONS, 'Collecting, ms');
  for (const { kind, temporality, series, valuesPerSeries, producers, opentelemetry } of results) {
    const values = valuesPerSeries === 1 ? '' : ` × ${valuesPerSeries}`;
    screen.print(
      screen.row(COLLECTIONS, [
        `${decimal(series)} ${kind}${values}, ${temporality}`,
        { text: milliseconds(producers.processor.median), style: 'bold' },
        milliseconds(opentelemetry.processor.median),
        { text: times(opentelemetry.processor.median / producers.processor.median), style: 'bold' },
        { text: milliseconds(producers.block.median), style: 'bold' },
        milliseconds(opentelemetry.block.median),
        { text: milliseconds(producers.longestPause.median), style: 'dim' },
        { text: milliseconds(opentelemetry.longestPause.median), style: 'dim' },
      ]),
    );
  }
}

/** A flush of `startMetrics`, from the recorded calls to a server. */
export function printWhole(screen: Screen, results: readonly WholeResult[]): void {
  printHead(screen, WHOLE, 'A flush of startMetrics, ms');
  for (const { backend, series, exported, block, longestPause } of results) {
    screen.print(
      screen.row(WHOLE, [
        `${decimal(series)} counters, ${backend}`,
        decimal(exported),
        { text: milliseconds(block.median), style: 'bold' },
        milliseconds(block.most),
        { text: milliseconds(longestPause.median), style: 'dim' },
      ]),
    );
  }
}

export function printHeap(screen: Screen, results: readonly HeapResult[]): void {
  printHead(screen, HEAP, 'Bytes a series, one reader');
  for (const { kind, temporality, bytes: kept } of results) {
    screen.print(
      screen.row(HEAP, [
        `${kind === 'timings' ? 'timings, 20 values' : kind}, ${temporality}`,
        { text: bytes(kept.producers), style: 'bold' },
        bytes(kept.instruments),
        bytes(kept.opentelemetry),
        bytes(kept['prom-client']),
      ]),
    );
  }
}

export function printServers(screen: Screen, results: readonly ServerResult[]): void {
  printHead(screen, SERVERS, 'A Fastify server, 10 calls a request');
  for (const { recorder, processor, above } of results) {
    screen.print(
      screen.row(SERVERS, [
        recorder === 'nothing' ? 'without metrics' : recorder,
        decimal(processor.median, 1),
        { text: recorder === 'nothing' ? '' : decimal(above.median, 1), style: 'bold' },
        { text: recorder === 'nothing' ? '' : decimal((above.upper - above.lower) / 2, 1), style: 'dim' },
      ]),
    );
  }
}

/** A process that imports one package: from its start to its end, and without what a process takes that imports nothing. */
export function printImports(screen: Screen, results: readonly ImportResult[]): void {
  printHead(screen, IMPORTS, 'Importing, ms');
  for (const { name, millis, above } of results) {
    screen.print(
      screen.row(IMPORTS, [
        name ?? 'nothing',
        decimal(millis.median, 0),
        { text: name === undefined ? '' : decimal(above.median, 0), style: 'bold' },
        { text: name === undefined ? '' : decimal((above.upper - above.lower) / 2, 0), style: 'dim' },
      ]),
    );
  }
}

export function printRequirements(screen: Screen, all: readonly Requirement[]): void {
  printHead(screen, REQUIREMENTS, 'Promises');
  for (const requirement of all) {
    const { what, limit, unit, isAtMost, measured } = requirement;
    const met = isMet(requirement);
    const sign: Cell =
      met === undefined
        ? { text: '–', style: 'dim' }
        : met
          ? { text: '✓', style: 'green' }
          : { text: '✗', style: ['red', 'bold'] };
    const digits = isAtMost ? 2 : 1;
    screen.print(
      screen.row(REQUIREMENTS, [
        what,
        { text: `${isAtMost ? '≤' : '≥'} ${limit} ${unit}`, style: 'dim' },
        { text: measured === undefined ? '–' : `${decimal(measured, digits)} ${unit}`, style: 'bold' },
        sign,
      ]),
    );
  }
}

export function nanoseconds(value: number | undefined): string {
  return value === undefined ? '' : decimal(value, value < 10 ? 1 : 0);
}

export function bytes(value: number | undefined): string {
  return value === undefined ? '' : decimal(Math.max(0, value), value > 0.005 && value < 1 ? 2 : 0);
}

function milliseconds(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : decimal(value, value < 100 ? 1 : 0);
}

function ratio(ours: Work | undefined): string {
  return ours?.hotShotsRatio ? times(ours.hotShotsRatio.median) : '–';
}

function times(factor: number): string {
  return `${decimal(factor, factor < 10 ? 1 : 0)} ×`;
}

/** Half of the distance between which half of the rounds lie, as a part of the median. */
function spread({ median, lower, upper }: Summary): string {
  return `${decimal((50 * (upper - lower)) / median)} %`;
}

function seriesLabel({ exporter, kind, series }: ExportResult): string {
  const name = kind === 'raw counters' ? 'counter.add' : kind;
  return `${decimal(series)} ${name}${exporter === 'dogstatsd' ? ', dogstatsd' : ''}`;
}

function shortName(library: Library): string {
  return (
    {
      'explicit producers': 'explicit',
      'hot-shots buffered': 'hot-shots',
      'hot-shots aggregating': 'aggregat.',
      opentelemetry: 'OpenTel.',
      'prom-client': 'prom-cl.',
    }[library as string] ?? library
  );
}

function printHead(screen: Screen, columns: readonly Column[], title: string): void {
  screen.print('', ...screen.head([{ ...columns[0]!, title }, ...columns.slice(1)]));
}
