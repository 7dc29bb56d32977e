import type { Pair, TimingPairs } from './comparison.ts';
import type { Moment } from './live-view.ts';
import { decimal, sparkline, type Cell, type Column, type Screen, WIDTH } from './screen.ts';
import type { Pause } from './pauses.ts';
import type { Speed } from './speed.ts';

const VALUES: Column[] = [
  { title: '', width: 20 },
  { title: '', width: 30 },
  { title: 'recorded', width: 12, align: 'right' },
  { title: 'read back', width: 12, align: 'right' },
  { title: 'difference', width: 12, align: 'right' },
];
const TIMINGS: Column[] = [
  { title: '', width: 24 },
  { title: '', width: 10 },
  { title: 'count', width: 10, align: 'right' },
  { title: 'mean', width: 12, align: 'right' },
  { title: 'p50', width: 8, align: 'right' },
  { title: 'p95', width: 8, align: 'right' },
  { title: 'p99', width: 8, align: 'right' },
];
const SPEEDS: Column[] = [
  { title: '', width: 26 },
  { title: 'OpenTelemetry', width: 13, align: 'right' },
  { title: 'Tallykit', width: 9, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: 'bound', width: 8, align: 'right' },
  { title: '', width: 8, align: 'right' },
  { title: 'of its time', width: 14 },
];
const OUTAGE: Column[] = [
  { title: '', width: 22 },
  { title: '', width: WIDTH - 24 },
];
/** As many as fit into a line. */
const MOMENTS = OUTAGE[1]!.width;
const PAUSES: Column[] = [
  { title: '', width: 54 },
  { title: 'OpenTelemetry', width: 13, align: 'right' },
  { title: 'Tallykit', width: 13, align: 'right' },
];

const IDENTITIES: Column[] = [
  { title: '', width: 22 },
  { title: '', width: 9, align: 'right' },
  { title: '', width: 1 },
  { title: '', width: 58 },
];

/** How much was recorded and read back from moment to moment, and when the server was away. */
export function outageLines(screen: Screen, moments: readonly Moment[]): string[] {
  const most = moments.at(-1)?.recorded ?? 0;
  const row = (title: string, text: string): string =>
    screen.row(OUTAGE, [
      { text: title, style: 'dim' },
      { text, style: 'cyan' },
    ]);
  return [
    row(
      'recorded',
      sparkline(
        moments.map(({ recorded }) => recorded),
        MOMENTS,
        most,
      ),
    ),
    row(
      'read back',
      sparkline(
        moments.map(({ readBack }) => readBack),
        MOMENTS,
        most,
      ),
    ),
    screen.row(OUTAGE, [
      { text: 'server', style: 'dim' },
      {
        text: moments
          .slice(-MOMENTS)
          .map(({ isAway }) => (isAway ? '×' : '─'))
          .join(''),
        style: 'yellow',
      },
    ]),
  ];
}

/** The whole run, which a terminal still shows, and what the exporter said about it. */
export function printOutage(
  screen: Screen,
  title: string,
  moments: readonly Moment[],
  log: readonly string[],
): void {
  printHead(screen, OUTAGE, title);
  if (!screen.live) screen.print(...outageLines(screen, moments), '');
  screen.print(...log);
}

/** Counters, gauges, or whatever has one number a series: a line for each name, and for each series that differs. */
export function printValues(
  screen: Screen,
  title: string,
  kinds: Readonly<Record<string, ReadonlyMap<string, Pair>>>,
): void {
  printHead(screen, VALUES, title);
  for (const [kind, values] of Object.entries(kinds)) {
    for (const [name, own] of byName(values)) {
      const sum = (of: keyof Pair): number => own.reduce((all, [, pair]) => all + pair[of], 0);
      const differing = own.filter(([, { difference: amount }]) => amount !== 0);
      const all = { recorded: sum('recorded'), readBack: sum('readBack'), difference: sum('difference') };
      const digits = Number.isInteger(all.recorded) ? 0 : 1;
      const cells = (pair: Pair): (Cell | string)[] => [
        decimal(pair.recorded, digits),
        decimal(pair.readBack, digits),
        difference(pair, digits),
      ];
      const what = `${kind}${own.length > 1 ? `, ${own.length} series` : ''}`;
      screen.print(screen.row(VALUES, [name, { text: what, style: 'dim' }, ...cells(all)]));
      for (const [tags, pair] of differing)
        screen.print(screen.row(VALUES, [`  ${tags}`, '', ...cells(pair)]));
    }
  }
}

/** The series of each name, with their tags as text. */
function byName(values: ReadonlyMap<string, Pair>): Map<string, [tags: string, Pair][]> {
  const names = new Map<string, [string, Pair][]>();
  for (const [series, pair] of sorted(values)) {
    const [name, tags] = nameAndTags(series);
    names.set(name, [...(names.get(name) ?? []), [tags, pair]]);
  }
  return names;
}

export function printTimings(screen: Screen, title: string, timings: ReadonlyMap<string, TimingPairs>): void {
  printHead(screen, TIMINGS, title);
  for (const [series, { count, mean, percentiles }] of sorted(timings)) {
    if (!mean) continue;
    const [name, tags] = nameAndTags(series);
    const ranks = [...percentiles.values()];
    screen.print(
      screen.row(TIMINGS, [
        name,
        { text: 'recorded', style: 'dim' },
        decimal(count.recorded),
        decimal(mean.recorded, 6),
        ...ranks.map((pair) => decimal(pair.recorded, 2)),
      ]),
      screen.row(TIMINGS, [
        { text: tags, style: 'dim' },
        { text: 'difference', style: 'dim' },
        difference(count, 0),
        difference(mean, 6),
        ...ranks.map(percentage),
      ]),
    );
  }
}

/** The verbs with the instruments that do the same, and their bound handles. */
export function printSpeed(screen: Screen, title: string, speeds: readonly Speed[]): void {
  printHead(screen, SPEEDS, title);
  const { width } = SPEEDS.at(-1)!;
  for (const { verb, instrument, call, bound } of speeds) {
    const own = Math.min(width, Math.max(1, Math.round((call / instrument) * width)));
    const bar = '█'.repeat(own) + '░'.repeat(width - own);
    screen.print(
      screen.row(SPEEDS, [
        verb,
        decimal(instrument),
        decimal(call, 1),
        { text: times(instrument / call), style: 'bold' },
        decimal(bound, 1),
        { text: times(instrument / bound), style: 'bold' },
        { text: bar, style: 'cyan' },
      ]),
    );
  }
}

/** The longest time in which a collection lets nothing else run. */
export function printPauses(screen: Screen, title: string, pauses: readonly Pause[]): void {
  printHead(screen, PAUSES, title);
  for (const { what, instruments, own } of pauses) {
    screen.print(
      screen.row(PAUSES, [
        what,
        `${decimal(instruments, 1)} ms`,
        { text: `${decimal(own, 1)} ms`, style: 'bold' },
      ]),
    );
  }
}

function times(ratio: number): string {
  return `${decimal(ratio, ratio < 10 ? 1 : 0)} ×`;
}

export type Part = readonly [name: string, amount: number];

export interface Identity {
  what: string;
  total: number;
  parts: readonly Part[];
}

/** Prints what is the sum of what; returns whether all of it is true. */
export function printIdentities(screen: Screen, title: string, identities: readonly Identity[]): boolean {
  printHead(screen, IDENTITIES, title);
  const isTrue = ({ total, parts }: Identity): boolean =>
    total === parts.reduce((sum, [, amount]) => sum + amount, 0);
  for (const identity of identities) {
    const parts = identity.parts.map(([name, amount]) => `${decimal(amount)} ${name}`).join(' + ');
    const sign: Cell = isTrue(identity)
      ? { text: '=', style: 'green' }
      : { text: '≠', style: ['red', 'bold'] };
    screen.print(screen.row(IDENTITIES, [identity.what, decimal(identity.total), sign, parts]));
  }
  return identities.every(isTrue);
}

/** How many of the pairs differ. */
export function countDifferences(pairs: Iterable<Pair>): number {
  return Array.from(pairs).filter((pair) => pair.difference !== 0).length;
}

/** Every pair of a timing. */
export function pairsOf({ count, mean, percentiles }: TimingPairs): Pair[] {
  return [count, ...(mean ? [mean] : []), ...percentiles.values()];
}

function printHead(screen: Screen, columns: readonly Column[], title: string): void {
  screen.print('', ...screen.head([{ ...columns[0]!, title }, ...columns.slice(1)]));
}

function difference(pair: Pair, digits: number): Cell {
  if (pair.difference === 0) return { text: '0', style: 'green' };
  return {
    text: Number.isNaN(pair.difference) ? 'missing' : signed(pair.difference, digits),
    style: ['red', 'bold'],
  };
}

/** How far a percentile is off; within its tolerance it is a good one. */
function percentage(pair: Pair): Cell {
  const percent = (100 * (pair.readBack - pair.recorded)) / pair.recorded;
  return { text: `${signed(percent, 1)} %`, style: pair.difference === 0 ? 'green' : ['red', 'bold'] };
}

function signed(value: number, digits: number): string {
  const text = decimal(Math.abs(value), digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

function nameAndTags(series: string): [name: string, tags: string] {
  const brace = series.indexOf('{');
  return [series.slice(0, brace), series.slice(brace + 1, -1).replaceAll(',', '  ')];
}

function sorted<Value>(values: ReadonlyMap<string, Value>): [string, Value][] {
  return [...values].toSorted(([first], [second]) => (first < second ? -1 : 1));
}
