/** Mutants that no test has to notice. Those that have all of what is given. */
export interface Unnoticed {
  readonly file: string;
  /** A part of the line in which the mutant begins. */
  readonly code: string;
  /** What the mutant replaces, on one line. */
  readonly text?: string;
  /** What stands there instead. */
  readonly replacement?: string;
  readonly reason: Reason;
}

export type Reason = keyof typeof REASONS;

export const REASONS = {
  faster: 'only makes it faster: the result is the same without it',
  same: 'the result is the same for everything that can come',
} as const;

const EXPONENTIAL = 'packages/metrics/src/producer/exponential-buckets.ts';

export const UNNOTICED: readonly Unnoticed[] = [
  { file: EXPONENTIAL, code: 'length <= ZEROS.length', replacement: 'false', reason: 'faster' },
  {
    file: EXPONENTIAL,
    code: 'length <= ZEROS.length',
    replacement: 'length < ZEROS.length',
    reason: 'faster',
  },
  { file: EXPONENTIAL, code: 'if (index < least)', replacement: 'index <= least', reason: 'same' },
  { file: EXPONENTIAL, code: 'if (index > most)', replacement: 'index >= most', reason: 'same' },
  // The buckets are copied into as many.
  {
    file: EXPONENTIAL,
    code: 'if (coarser === 0 && last - first < this.#counts.length)',
    replacement: 'false',
    reason: 'faster',
  },
  {
    file: 'packages/metrics/src/producer/histogram.ts',
    code: 'if (value < min)',
    replacement: 'value <= min',
    reason: 'same',
  },
  {
    file: 'packages/metrics/src/producer/histogram.ts',
    code: 'if (value > max)',
    replacement: 'value >= max',
    reason: 'same',
  },
  // A guess that is too low is mended by the search that follows.
  {
    file: 'packages/metrics/src/producer/bucket-index.ts',
    code: 'FIRST_GUESS[',
    replacement: 'FRACTION_BITS + MAX_SCALE',
    reason: 'faster',
  },
  // Without tags, whatever a key or a value is called is not written.
  { file: 'packages/exporter-statsd/src/dialect.ts', code: "if (dialect === 'none') return", reason: 'same' },
  // Asked for the compiler only: a number has no count, so it is left out too. No number comes here.
  {
    file: 'packages/exporter-datadog-http/src/translate.ts',
    code: "const count = typeof value === 'number' ? 0",
    reason: 'same',
  },
  {
    file: 'packages/exporter-dogstatsd/src/translate.ts',
    code: "typeof value === 'object' && value.count === 0",
    text: "typeof value === 'object'",
    reason: 'same',
  },
  // Both are there, or neither is.
  {
    file: 'packages/exporter-logging/src/human-units.ts',
    code: 'SCALES[unit]) || []',
    text: '[]',
    reason: 'same',
  },
  {
    file: 'packages/exporter-logging/src/human-units.ts',
    code: 'factor === undefined || scale === undefined',
    reason: 'same',
  },
];
