import { styleText } from 'node:util';

/** What stands in front of a line. */
export type Sign = 'good' | 'unsure' | 'bad' | 'note';

export const STATE_SIGNS = {
  delivered: 'good',
  waiting: 'good',
  unconfirmed: 'unsure',
  failed: 'bad',
} as const satisfies Record<string, Sign>;

const SIGNS = {
  good: ['✓', 'green'],
  unsure: ['?', 'yellow'],
  bad: ['✗', 'red'],
  note: ['·', 'cyan'],
} as const;

type Format = Parameters<typeof styleText>[0];

/** How wide a text may be where the width is not known, and at most, so that it can be read. */
const WIDTH = 80;
const MAX_WIDTH = 110;
const NAME_WIDTH = 22;

/** Standard output, or whatever else writes; what a terminal has more is used where it is there. */
export interface WriterStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
}

/** Writes for people: in colours where the stream shows them, and within the width of the terminal. */
export class Writer {
  readonly #stream: WriterStream;
  readonly #isColoured: boolean;
  readonly #width: number;

  constructor(stream: WriterStream) {
    this.#stream = stream;
    // A terminal's answer depends on NO_COLOR, FORCE_COLOR and TERM.
    this.#isColoured = stream.isTTY === true && (stream.hasColors?.() ?? false);
    // What is piped may be read by a program: one line stays one line.
    this.#width = stream.isTTY ? Math.min(stream.columns || WIDTH, MAX_WIDTH) : Infinity;
  }

  text(text: string, format?: Format): void {
    this.#stream.write(`${format === undefined ? text : this.#paint(format, text)}\n`);
  }

  heading(text: string): void {
    this.text('');
    for (const line of wrap(text, this.#width)) this.text(line, 'bold');
  }

  /** A setting: its name, its value, and where it comes from. */
  row(name: string, value: string, source: string): void {
    const head = `  ${name.padEnd(NAME_WIDTH)} `;
    const [first = '', ...others] = wrap(value, this.#width - head.length);
    const indent = ' '.repeat(head.length);
    const isRoomy = head.length + first.length + source.length + 4 <= this.#width && others.length === 0;
    this.text(head + first + (isRoomy ? `  ${this.#paint('dim', `← ${source}`)}` : ''));
    for (const line of others) this.text(indent + line);
    if (!isRoomy)
      for (const line of wrap(`← ${source}`, this.#width - head.length)) this.text(indent + line, 'dim');
  }

  item(sign: Sign, text: string): void {
    const [mark, format] = SIGNS[sign];
    this.#indented(`  ${this.#paint(format, mark)} `, text);
  }

  advice(text: string): void {
    this.#indented('    ', text, 'dim');
  }

  verdict(isGood: boolean, text: string): void {
    this.text(text, isGood ? 'green' : 'red');
  }

  #indented(head: string, text: string, format?: Format): void {
    const [first = '', ...others] = wrap(text, this.#width - 4);
    const paint = (line: string) => (format === undefined ? line : this.#paint(format, line));
    this.#stream.write(`${head}${paint(first)}\n`);
    for (const line of others) this.#stream.write(`    ${paint(line)}\n`);
  }

  #paint(format: Format, text: string): string {
    return this.#isColoured ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** Breaks a text at blanks. A word that is too long for a line stays whole, so that it can be copied. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
