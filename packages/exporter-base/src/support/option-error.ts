import { visible } from './visible.ts';

/** What an {@link OptionError} says, as data. */
export interface OptionErrorFields {
  /** Whose option it is: `StatsdMetricExporter`. The message starts with it. */
  readonly component: string;
  /** The option or the environment variable: `port`, `redis.url`, `STATSD_PORT`. Empty for all options together. */
  readonly option: string;
  /** What is accepted, as it follows "must be": `a whole number from 1 to 65535`. */
  readonly accepted: string;
  /** What kind of value was rejected, from {@link describeRejected}: `a string of 4 characters`. Never the value itself. */
  readonly valueKind: string;
  /** The options that don't exist, where that is what is wrong. `option` is the first of them. */
  readonly unknownOptions?: readonly string[] | undefined;
  /** The options that exist, beside `unknownOptions`. */
  readonly knownOptions?: readonly string[] | undefined;
  /** What to do about it, as an addition to the message: `did you mean port?`. */
  readonly advice?: string | undefined;
}

/** Two copies of this package in one process have two classes, so errors are recognized by this mark. */
const MARK = Symbol.for('@tallykit/exporter-base/option-error/1');

/**
 * An option or an environment variable has a wrong value, or an option does not exist. The fields say what is wrong, and
 * the message is made of them: nobody has to take it apart. Recognize it with {@link isOptionError}.
 *
 * @example
 * try {
 *   new StatsdMetricExporter({ port: 0 });
 * } catch (error) {
 *   if (isOptionError(error)) console.error(error.option, error.accepted); // port a whole number from 1 to 65535
 * }
 */
export class OptionError extends TypeError implements OptionErrorFields {
  /** Whose option it is. */
  readonly component: string;
  /** The option or the environment variable. */
  readonly option: string;
  /** What is accepted. */
  readonly accepted: string;
  /** What kind of value was rejected. */
  readonly valueKind: string;
  /** The options that don't exist. */
  declare readonly unknownOptions?: readonly string[];
  /** The options that exist. */
  declare readonly knownOptions?: readonly string[];
  /** What to do about it. */
  declare readonly advice?: string;

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'OptionError', configurable: true });
    Object.defineProperty(this.prototype, MARK, { value: true });
  }

  constructor(fields: OptionErrorFields, options?: ErrorOptions) {
    super(messageOf(fields), options);
    const { component, option, accepted, valueKind, unknownOptions, knownOptions, advice } = fields;
    this.component = component;
    this.option = option;
    this.accepted = accepted;
    this.valueKind = valueKind;
    if (unknownOptions !== undefined) this.unknownOptions = unknownOptions;
    if (knownOptions !== undefined) this.knownOptions = knownOptions;
    if (advice !== undefined) this.advice = advice;
  }
}

/** Whether something is an {@link OptionError}, also one of another copy of this package. */
export function isOptionError(error: unknown): error is Error & OptionErrorFields {
  return typeof error === 'object' && error !== null && MARK in error;
}

/** A copy of an error with other fields, for a caller that knows more: where the options come from, or what was meant. */
export function amendOptionError(
  error: Error & OptionErrorFields,
  changes: Partial<OptionErrorFields>,
): OptionError {
  const { component, option, accepted, valueKind, unknownOptions, knownOptions, advice } = error;
  const fields = { component, option, accepted, valueKind, unknownOptions, knownOptions, advice };
  return new OptionError({ ...fields, ...changes }, { cause: error });
}

function messageOf(fields: OptionErrorFields): string {
  const { component, advice } = fields;
  return `${component}: ${problemOf(fields)}${advice === undefined ? '' : `; ${advice}`}`;
}

function problemOf({ option, accepted, valueKind, unknownOptions, knownOptions }: OptionErrorFields): string {
  if (unknownOptions !== undefined) {
    const unknown = unknownOptions.map(visible).join('`, `');
    return `there is no option \`${unknown}\`; there are ${knownOptions?.join(', ')}`;
  }
  const subject = option === '' ? 'the options' : `\`${visible(option)}\``;
  // That an option is missing follows from what it must be.
  return `${subject} must be ${accepted}${valueKind === MISSING ? '' : `, not ${valueKind}`}`;
}

const MISSING = 'undefined';

/**
 * What kind of value was rejected. The value itself is never shown, because a text may be an address with a password in
 * it, or a key that stands in the wrong place, and a number may be a password as well.
 *
 * @example
 * describeRejected('hunter2'); // 'a string of 7 characters'
 * describeRejected(70_000); // 'a number of 5 digits'
 */
export function describeRejected(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : `a string of ${counted(value.length, 'character')}`;
    case 'number':
      return describeNumber(value);
    case 'bigint':
      return 'a bigint';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}

function describeNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (!Number.isInteger(value)) return 'a number with a fraction';
  if (value === 0) return 'zero';
  return value < 0 ? 'a negative number' : `a number of ${counted(BigInt(value).toString().length, 'digit')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
