import { total, type Comparison } from './comparison.ts';
import { decimal, sparkline, type Column, type Screen, WIDTH } from './screen.ts';
import type { Tally } from './shop.ts';

const SPARKLINE_WIDTH = 32;
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

/** The run while it runs: drawn in place on a terminal, one line for each interval elsewhere. */
export class LiveView {
  readonly #screen: Screen;
  readonly #tally: Tally;
  readonly #comparison: Comparison;
  readonly #intervals: number;
  readonly #rates = COUNTERS.map((): number[] => []);
  #before = COUNTERS.map(() => 0);
  #seenAt = performance.now();

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
    this.resume();
  }

  /** Shows where the run is: `done` intervals, of which the last may be a part. */
  draw(done: number): void {
    if (this.#screen.live) this.#screen.redraw(this.#lines(done));
  }

  /** After an interval was read back. */
  intervalClosed(interval: number): void {
    if (this.#screen.live) return;
    const parts = COUNTERS.map(({ label, name }) => `${decimal(total(this.#tally.counters, name))} ${label}`);
    const equal = COUNTERS.every(
      ({ name }) => this.#comparison.total(name) === total(this.#tally.counters, name),
    );
    this.#screen.print(
      `interval ${interval} of ${this.#intervals}: ${parts.join(', ')}; read back: ${equal ? 'the same' : 'different'}`,
    );
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
    return [
      `${screen.progress(done / this.#intervals, WIDTH - caption.length - 2)}  ${caption}`,
      '',
      screen.row(
        COLUMNS,
        COLUMNS.map(({ title }) => ({ text: title, style: 'dim' })),
      ),
      ...counters,
      ...gauges,
    ];
  }
}
