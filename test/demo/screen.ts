import { clearScreenDown, moveCursor } from 'node:readline';
import { styleText } from 'node:util';

export const WIDTH = 96;
const INDENT = '  ';
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

type Style = Parameters<typeof styleText>[0];

/** A piece of text with a style. Widths are counted before the style is put on. */
export interface Cell {
  text: string;
  style?: Style;
}

export interface Column {
  title: string;
  width: number;
  align?: 'right';
}

/** What a terminal shows: lines, and on a real terminal a part that is drawn again in place. */
export class Screen {
  readonly live: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #colours: boolean;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.live = stream.isTTY && process.env['TERM'] !== 'dumb';
    // `hasColors` honours NO_COLOR.
    this.#colours = this.live && stream.hasColors();
  }

  print(...lines: string[]): void {
    this.#stream.write(lines.map((line) => `${line === '' ? '' : INDENT}${line}\n`).join(''));
  }

  /** Draws these lines over the ones that the last call drew. */
  redraw(lines: string[]): void {
    if (this.#drawn > 0) {
      moveCursor(this.#stream, 0, -this.#drawn);
      clearScreenDown(this.#stream);
    }
    this.print(...lines);
    this.#drawn = lines.length;
  }

  paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }

  row(columns: readonly Column[], cells: readonly (Cell | string)[]): string {
    const fitted = columns.map(({ width, align }, index) => {
      const cell = cells[index] ?? '';
      const { text, style } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
      const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
      const padded = align === 'right' ? cut.padStart(width) : cut.padEnd(width);
      return style ? this.paint(style, padded) : padded;
    });
    return fitted.join(INDENT).trimEnd();
  }

  /** Titles over a line; the first one is the title of the whole table. */
  head(columns: readonly Column[]): string[] {
    const titles = columns.map(({ title }, index): Cell => ({
      text: title,
      style: index === 0 ? 'bold' : 'dim',
    }));
    return [this.row(columns, titles), this.paint('dim', '─'.repeat(WIDTH))];
  }

  progress(share: number, width: number): string {
    const done = Math.round(Math.min(1, share) * width);
    return this.paint('cyan', '━'.repeat(done)) + this.paint('dim', '─'.repeat(width - done));
  }
}

/** The last values as bars. A bar is full at `most`, or else at the highest of them. */
export function sparkline(values: readonly number[], width: number, most = 1): string {
  const shown = values.slice(-width);
  const highest = Math.max(...shown, most);
  return shown.map((value) => BARS[Math.round((value / highest) * (BARS.length - 1))]).join('');
}

/** `12,345.678`: with thousands separators and no more than `digits` decimals. */
export function decimal(value: number, digits = 0): string {
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return text.replace('-', '−');
}
