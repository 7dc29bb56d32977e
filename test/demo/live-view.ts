import { total, type Comparison } from './comparison.ts';
import { outageLines } from './report.ts';
import { decimal, sparkline, type Column, type Screen, WIDTH } from './screen.ts';
import type { Tally } from './shop.ts';

const SPARKLINE_WIDTH = 36;
const COUNTERS = [
  { label: 'requests', name: 'http.requests' },
  { label: 'orders', name: 'orders.created' },
  { label: 'items', name: 'orders.items' },
  { label: 'mails', name: 'mail.sent' },
] as const;
const COLUMNS: Column[] = [
  { title: '', width: 12 },
  { title: 'recorded', width: 12, align: 'right' },
  { title: 'read back', width: 12, align: 'right' },
  { title: 'per second', width: 12, align: 'right' },
  { title: '', width: SPARKLINE_WIDTH },
];

/** How much of all counters was recorded and read back at a moment, and whether the server could be reached. */
export interface Moment {
  readonly recorded: number;
  readonly readBack: number;
  readonly isAway: boolean;
}

/** The run while it runs: drawn in place on a terminal, one line for each interval elsewhere. */
export class LiveView {
  readonly #screen: Screen;
  readonly #tally: Tally;
  readonly #comparison: Comparison;
  readonly #intervals: number;
  readonly #rates = COUNTERS.map((): number[] => []);
  #before = COUNTERS.map(() => 0);
  #seenAt = performance.now();
  /** Since the start. */
  readonly moments: Moment[] = [];
  /** Whether the server can't be reached. */
  isAway = false;
  /** Points that the exporter keeps until the server is back. */
  keptPoints = 0;

  constructor(screen: Screen, tally: Tally, comparison: Comparison, intervals: number) {
    this.#screen = screen;
    this.#tally = tally;
    this.#comparison = comparison;
    this.#intervals = intervals;
  }

  /** The shop's time begins, or goes on: an export isn't part of it. */
  resume(): void {
    this.#seenAt = performance.now();
    this.#before = this.#recorded();
  }

  /** Takes the rates since the last time. */
  sample(): void {
    const seconds = (performance.now() - this.#seenAt) / 1_000;
    for (const [index, recorded] of this.#recorded().entries()) {
      this.#rates[index]!.push((recorded - this.#before[index]!) / seconds);
    }
    this.#takeMoment();
    this.resume();
  }

  /** Shows where the run is: `done` intervals, of which the last may be a part. */
  draw(done: number): void {
    if (this.#screen.live) this.#screen.redraw(this.#lines(done));
  }

  /** After what was recorded in an interval was handed to the exporter. */
  intervalEnded(interval: number): void {
    if (this.#screen.live) return;
    const parts = COUNTERS.map(({ label, name }) => `${decimal(total(this.#tally.counters, name))} ${label}`);
    this.#screen.print(`interval ${interval} of ${this.#intervals}: ${parts.join(', ')}`);
    if (this.isAway) this.#screen.print(`  the server is away: ${decimal(this.keptPoints)} points are kept`);
  }

  /** After the server was asked what it has. */
  readBack(): void {
    this.#takeMoment();
    if (this.#screen.live) return;
    const equal = COUNTERS.every(
      ({ name }) => this.#comparison.total(name) === total(this.#tally.counters, name),
    );
    this.#screen.print(`  read back: ${equal ? 'the same' : 'different'}`);
  }

  #takeMoment(): void {
    const sum = (totalOf: (name: string) => number): number =>
      COUNTERS.reduce((all, { name }) => all + totalOf(name), 0);
    this.moments.push({
      recorded: sum((name) => total(this.#tally.counters, name)),
      readBack: sum((name) => this.#comparison.total(name)),
      isAway: this.isAway,
    });
  }

  #recorded(): number[] {
    return COUNTERS.map(({ name }) => total(this.#tally.counters, name));
  }

  #lines(done: number): string[] {
    const screen = this.#screen;
    const interval = Math.min(this.#intervals, Math.floor(done) + 1);
    const caption = `interval ${interval} of ${this.#intervals}`;
    const counters = COUNTERS.map(({ label, name }, index) => {
      const rates = this.#rates[index]!;
      return screen.row(COLUMNS, [
        label,
        { text: decimal(total(this.#tally.counters, name)), style: 'bold' },
        decimal(this.#comparison.total(name)),
        decimal(rates.at(-1) ?? 0),
        { text: sparkline(rates, SPARKLINE_WIDTH), style: 'cyan' },
      ]);
    });
    const gauges = [
      { label: 'open carts', name: 'carts.open' },
      { label: 'queue depth', name: 'queue.depth' },
    ].map(({ label, name }) =>
      screen.row(COLUMNS, [label, { text: decimal(total(this.#tally.gauges, name)), style: 'bold' }]),
    );
    const network = this.isAway
      ? screen.paint(['red', 'bold'], `the server is away; ${decimal(this.keptPoints)} points are kept`)
      : screen.paint('green', 'the server can be reached');
    return [
      `${screen.progress(done / this.#intervals, WIDTH - caption.length - 2)}  ${caption}`,
      '',
      screen.row(
        COLUMNS,
        COLUMNS.map(({ title }) => ({ text: title, style: 'dim' })),
      ),
      ...counters,
      ...gauges,
      '',
      ...outageLines(screen, this.moments),
      '',
      network,
    ];
  }
}
