import { log } from './log.ts';
import { describeRejected, OptionError } from './option-error.ts';
import { ignoredVariable, traceOf, type VariableTrace } from './variable-trace.ts';

/**
 * Options that must be left out beside those of an interface.
 *
 * @example interface UdpOptions extends LeftOut<'path' | 'client'> { readonly host?: string | undefined }
 */
export type LeftOut<Name extends string> = { readonly [Each in Name]?: undefined };

/** The whole numbers that an option takes. */
export interface IntegerRange {
  /** The smallest one. */
  readonly min: number;
  /** The largest one. */
  readonly max: number;
}

/**
 * Reads the options that a program passes to a constructor. A missing option is `undefined`; a wrong one throws an
 * {@link OptionError}.
 *
 * @example
 * const given = new GivenOptions('StatsdMetricExporter', options, ['host', 'port']);
 * const port = given.integer('port', { min: 1, max: 65_535 }) ?? environment.integer('STATSD_PORT', …) ?? defaults.port;
 */
export class GivenOptions<Name extends string> {
  readonly #component: string;
  readonly #options: Readonly<Partial<Record<string, unknown>>>;
  readonly #path: string;

  /**
   * @param component whose options they are; messages start with it
   * @param path the option whose value these options are, for messages: with `redis` an option is called `redis.url`
   * @throws {@link OptionError} when `options` is not an object or has an option that is not among `names`
   */
  constructor(component: string, options: unknown, names: readonly Name[], path = '') {
    this.#component = component;
    this.#path = path;
    if (!isRecord(options)) throw wrongValueError(component, path, 'an object', options);
    this.#options = options;
    const unknown = Object.keys(options).filter((name) => !names.some((known) => known === name));
    if (unknown.length > 0) throw unknownOptionError(component, path, unknown, names);
  }

  /** Whether an option has a value. */
  has(name: Name): boolean {
    return this.#options[name] !== undefined;
  }

  /** The value of an option as it is. */
  raw(name: Name): unknown {
    return this.#options[name];
  }

  /**
   * An option of any kind.
   *
   * @param mustBe what is accepted, for the message: `a whole number`
   * @param accept returns the value to use, or `undefined` for a value that is wrong
   * @throws {@link OptionError} for a value that is wrong
   */
  parse<Value>(name: Name, mustBe: string, accept: (value: unknown) => Value | undefined): Value | undefined {
    const value = this.#options[name];
    if (value === undefined) return undefined;
    const accepted = accept(value);
    if (accepted === undefined) throw this.error(name, mustBe);
    return accepted;
  }

  /**
   * A string.
   *
   * @param options `mayBeEmpty`: whether the empty string is accepted, `false` by default
   * @throws {@link OptionError} for anything else
   */
  text(name: Name, { mayBeEmpty = false } = {}): string | undefined {
    return this.parse(name, mayBeEmpty ? 'a string' : 'a string that is not empty', (value) =>
      typeof value === 'string' && (mayBeEmpty || value !== '') ? value : undefined,
    );
  }

  /**
   * A whole number within a range.
   *
   * @throws {@link OptionError} for anything else
   */
  integer(name: Name, range: IntegerRange): number | undefined {
    return this.parse(name, describeRange(range), (value) => (isWithin(value, range) ? value : undefined));
  }

  /**
   * One of some words or booleans.
   *
   * @throws {@link OptionError} for anything else
   */
  oneOf<const Value extends string | boolean>(name: Name, values: readonly Value[]): Value | undefined {
    const mustBe = `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`;
    return this.parse(name, mustBe, (value) => values.find((one) => one === value));
  }

  /**
   * An object, as it is.
   *
   * @throws {@link OptionError} for anything else, arrays included
   */
  object(name: Name): Readonly<Record<string, unknown>> | undefined {
    return this.parse(name, 'an object', (value) => (isRecord(value) ? value : undefined));
  }

  /**
   * An object of plain values, copied without those that are `undefined`.
   *
   * @throws {@link OptionError} for anything else
   */
  tags(name: Name): Readonly<Record<string, string | number | boolean>> | undefined {
    return this.parse(name, 'an object whose values are strings, numbers or booleans', (value) => {
      if (!isRecord(value)) return undefined;
      const tags = Object.entries(value).filter(([, tag]) => tag !== undefined);
      return tags.every(isTag) ? Object.fromEntries(tags) : undefined;
    });
  }

  /**
   * An array of strings, copied.
   *
   * @throws {@link OptionError} for anything else
   */
  texts(name: Name): readonly string[] | undefined {
    return this.parse(name, 'an array of strings', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string') ? [...value] : undefined,
    );
  }

  /**
   * The error for an option that is wrong in a way that only its owner knows.
   *
   * @param mustBe what is accepted, for the message: `left out beside \`url\``
   * @param advice what to do about it, at the end of the message
   */
  error(name: Name, mustBe: string, advice?: string): OptionError {
    return wrongValueError(this.#component, pathOf(this.#path, name), mustBe, this.#options[name], advice);
  }
}

/** What happens to a variable whose text is wrong: it is logged and counts as missing, or it throws. */
export type WhenWrong = 'ignore' | 'throw';

/**
 * Reads environment variables, without the blanks and line ends around them, which files and secrets leave there. An empty
 * variable counts as missing, as OpenTelemetry specifies. So does a wrong one, which is logged; but a variable that says
 * where data goes must throw, because data must not go where it was not meant to.
 */
export class EnvironmentOptions {
  readonly #component: string;
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #trace: VariableTrace | undefined;

  /**
   * @param component who reads the variables; messages start with it
   * @param variables by default the environment of the process
   */
  constructor(component: string, variables: Readonly<Record<string, string | undefined>> = process.env) {
    this.#component = component;
    this.#variables = variables;
    this.#trace = traceOf(variables);
  }

  /** The text of a variable, trimmed. */
  text(name: string): string | undefined {
    const text = this.#peek(name);
    if (text !== undefined) this.#trace?.used.add(name);
    return text;
  }

  #peek(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  /**
   * A whole number within a range.
   *
   * @throws {@link OptionError} for a wrong text, with `throw`
   */
  integer(name: string, range: IntegerRange, whenWrong: WhenWrong = 'ignore'): number | undefined {
    return this.parse(name, describeRange(range), (text) => parseInteger(text, range), whenWrong);
  }

  /**
   * One of some words.
   *
   * @param values in small letters; the variable may have capital ones
   */
  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const find = (text: string) => values.find((one) => one === text.toLowerCase());
    return this.parse(name, `one of ${values.join(', ')}`, find);
  }

  /**
   * A switch: `true`, `t`, `1`, `yes`, `on`, or `false`, `f`, `0`, `no`, `off`.
   *
   * @throws {@link OptionError} for a wrong text, with `throw`
   */
  boolean(name: string, whenWrong: WhenWrong = 'ignore'): boolean | undefined {
    return this.parse(name, 'true or false', parseBoolean, whenWrong);
  }

  /**
   * A variable of any kind.
   *
   * @param mustBe what is accepted, for the message: `a URL`
   * @param accept returns the value to use, or `undefined` for a text that is wrong
   * @throws {@link OptionError} for a wrong text, with `throw`
   */
  parse<Value>(
    name: string,
    mustBe: string,
    accept: (text: string) => Value | undefined,
    whenWrong: WhenWrong = 'ignore',
  ): Value | undefined {
    const text = this.#peek(name);
    if (text === undefined) return undefined;
    const value = accept(text);
    if (value !== undefined) {
      this.#trace?.used.add(name);
      return value;
    }
    const error = this.error(name, mustBe);
    if (whenWrong === 'throw') throw error;
    if (this.#trace !== undefined) this.#trace.ignored.push(ignoredVariable(error));
    else log('warn', `${error.message}; it is ignored`);
    return undefined;
  }

  /**
   * The error for a variable that is wrong in a way that only its owner knows.
   *
   * @param mustBe what is accepted, for the message
   * @param advice what to do about it, at the end of the message
   */
  error(name: string, mustBe: string, advice?: string): OptionError {
    return wrongValueError(this.#component, name, mustBe, this.#peek(name), advice);
  }
}

function wrongValueError(
  component: string,
  option: string,
  accepted: string,
  value: unknown,
  advice?: string,
): OptionError {
  const valueKind = describeRejected(value);
  return new OptionError({ component, option, accepted, valueKind, advice });
}

function unknownOptionError(
  component: string,
  path: string,
  unknown: readonly string[],
  knownOptions: readonly string[],
): OptionError {
  const unknownOptions = unknown.map((name) => pathOf(path, name));
  return new OptionError({
    component,
    option: unknownOptions[0]!,
    accepted: `one of the options ${knownOptions.join(', ')}`,
    valueKind: 'an unknown option',
    unknownOptions,
    knownOptions,
  });
}

function pathOf(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function parseInteger(text: string, range: IntegerRange): number | undefined {
  const value = /^-?\d+$/.test(text) ? Number(text) : undefined;
  return isWithin(value, range) ? value : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  if (/^(?:true|t|1|yes|on)$/i.test(text)) return true;
  return /^(?:false|f|0|no|off)$/i.test(text) ? false : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTag(tag: [name: string, value: unknown]): tag is [string, string | number | boolean] {
  const [, value] = tag;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isWithin(value: unknown, { min, max }: IntegerRange): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function describeRange({ min, max }: IntegerRange): string {
  return `a whole number from ${min} to ${max}`;
}
