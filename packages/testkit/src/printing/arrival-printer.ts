import { setInterval, setTimeout } from 'node:timers';
import type { StatsdTagStyle } from '../parsers/strict-statsd-parser.ts';
import type { DatadogRequest } from '../servers/fake-datadog-intake.ts';
import { arrivalsOfLines, arrivalsOfRequest, type Arrival } from './arrivals.ts';
import { linesOf, quietLine } from './plain-lines.ts';
import { SeriesWatch } from './series-watch.ts';
import { drawTable } from './table.ts';
import { painter, type Paint } from './text.ts';

/** Where a printer writes: standard output, or any stream. What a terminal has more is used where it is there. */
export interface PrinterOutput {
  /** Writes a text. */
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  /** How many characters a line has. */
  readonly columns?: number | undefined;
  /** How many lines there are. */
  readonly rows?: number | undefined;
  /** Whether it shows colours; a terminal of Node asks `NO_COLOR` and others for it. */
  hasColors?(): boolean;
}

/** Options of {@link createArrivalPrinter}. */
export interface ArrivalPrinterOptions {
  /**
   * Where it writes.
   *
   * @default process.stdout
   */
  readonly output?: PrinterOutput | undefined;
  /**
   * `table`: a table of all series that is drawn again and again, for a terminal. `lines`: a line for each arrival.
   *
   * @default 'lines'
   */
  readonly style?: 'table' | 'lines' | undefined;
  /**
   * The only dialect of StatsD that counts as right. By default, whatever a strict parser of StatsD or DogStatsD accepts.
   *
   * @default every dialect
   */
  readonly dialect?: StatsdTagStyle | undefined;
  /**
   * What stands above a table.
   *
   * @default ''
   */
  readonly title?: string | undefined;
  /**
   * Returns the time in milliseconds since 1970, for tests.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/** Prints what fake servers receive, series by series, with the strict parser's opinion of what is wrong. */
export interface ArrivalPrinter {
  /** Takes one payload of lines, or one request to Datadog's API. */
  add(payload: string | DatadogRequest): void;
  /** Ends the table, whose last state stays on the screen, and the watch for series that go quiet. */
  close(): void;
}

/** How long a table stays as it is. */
const REDRAW_MILLIS = 250;
/** How often a printer looks for series that have gone quiet. */
const QUIET_CHECK_MILLIS = 1000;

/** A terminal's second screen, which leaves what stood on the first one as it was. */
const OPEN_SCREEN = '\u001B[?1049h\u001B[?25l';
const CLOSE_SCREEN = '\u001B[?25h\u001B[?1049l';
const TO_START = '\u001B[H';
const CLEAR_LINE_END = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/**
 * Makes a printer, for the option `print` of fake servers. Several servers can share one. It keeps no process alive.
 *
 * @example
 * const printer = createArrivalPrinter();
 * const server = await startUdpServer({ port: 8125, print: printer }); // 10:07:31 count shop.orders plan:pro +3
 */
export function createArrivalPrinter(options: ArrivalPrinterOptions = {}): ArrivalPrinter {
  const { output = process.stdout, style = 'lines', dialect, title = '', now = Date.now } = options;
  const paint = painter(output.isTTY === true && (output.hasColors?.() ?? false));
  const view = style === 'table' ? new TableView(output, title, paint) : new LinesView(output, paint);
  const watch = new SeriesWatch();
  const check = setInterval(() => view.tick(watch, now()), QUIET_CHECK_MILLIS).unref();
  return {
    add(payload) {
      const arrivals =
        typeof payload === 'string' ? arrivalsOfLines(payload, dialect) : arrivalsOfRequest(payload);
      watch.add(arrivals, now());
      view.show(arrivals, watch, now());
    },
    close() {
      clearInterval(check);
      view.close(watch, now());
    },
  };
}

interface View {
  /** Something has arrived. */
  show(arrivals: readonly Arrival[], watch: SeriesWatch, now: number): void;
  /** A second has passed. */
  tick(watch: SeriesWatch, now: number): void;
  close(watch: SeriesWatch, now: number): void;
}

class LinesView implements View {
  readonly #output: PrinterOutput;
  readonly #paint: Paint;

  constructor(output: PrinterOutput, paint: Paint) {
    this.#output = output;
    this.#paint = paint;
  }

  show(arrivals: readonly Arrival[], _watch: SeriesWatch, now: number): void {
    this.#write(linesOf(arrivals, now, this.#paint));
  }

  tick(watch: SeriesWatch, now: number): void {
    this.#write(watch.takeQuiet(now).map((series) => quietLine(series, now, this.#paint)));
  }

  close(): void {
    // Everything is written already.
  }

  #write(lines: readonly string[]): void {
    if (lines.length > 0) this.#output.write(`${lines.join('\n')}\n`);
  }
}

class TableView implements View {
  readonly #output: PrinterOutput;
  readonly #title: string;
  readonly #paint: Paint;
  #isDue = false;

  constructor(output: PrinterOutput, title: string, paint: Paint) {
    this.#output = output;
    this.#title = title;
    this.#paint = paint;
    this.#output.write(OPEN_SCREEN);
    this.tick(new SeriesWatch(), 0);
  }

  show(_arrivals: readonly Arrival[], watch: SeriesWatch, now: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      if (this.#isDue) this.tick(watch, now);
    }, REDRAW_MILLIS).unref();
  }

  tick(watch: SeriesWatch, now: number): void {
    this.#isDue = false;
    const lines = this.#draw(watch, now, this.#output.rows ?? 24);
    this.#output.write(TO_START + lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('') + CLEAR_BELOW);
  }

  close(watch: SeriesWatch, now: number): void {
    this.#isDue = false;
    this.#output.write(`${CLOSE_SCREEN}${this.#draw(watch, now, Infinity).join('\n')}\n`);
  }

  #draw(watch: SeriesWatch, now: number, rows: number): string[] {
    const { columns = 80 } = this.#output;
    return drawTable(watch, { title: this.#title, now, columns, rows, paint: this.#paint });
  }
}
