import { log } from './log.ts';
import { visible } from './visible.ts';

/** The whole numbers that an option takes, both ends included. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the options that a program passes to a constructor, which throws on a wrong one: a message starts with the
 * component's name and says the option, the kind of its value and what is accepted ({@link describeRejected}). A missing
 * option is `undefined`.
 *
 * @example
 * const given = new GivenOptions('StatsdMetricExporter', options, ['host', 'port']);
 * const port = given.integer('port', { min: 1, max: 65_535 }) ?? environment.integer('STATSD_PORT', …) ?? defaults.port;
 */
export class GivenOptions<Name extends string> {
  readonly #component: string;
  readonly #options: Readonly<Partial<Record<string, unknown>>>;

  /** @throws when `options` is not an object or has an option that is not among `names` */
  constructor(component: string, options: unknown, names: readonly Name[]) {
    this.#component = component;
    if (!isRecord(options))
      throw new TypeError(`${component}: the options must be an object, not ${describeRejected(options)}`);
    this.#options = options;
    const unknown = Object.keys(options).filter((name) => !names.some((known) => known === name));
    if (unknown.length > 0) {
      throw new TypeError(
        `${component}: there is no option \`${unknown.map(visible).join('`, `')}\`; there are ${names.join(', ')}`,
      );
    }
  }

  has(name: Name): boolean {
    return this.#options[name] !== undefined;
  }

  /** The value of an option as it is. */
  raw(name: Name): unknown {
    return this.#options[name];
  }

  /** @param accept gives `undefined` for a value that is wrong */
  parse<Value>(name: Name, mustBe: string, accept: (value: unknown) => Value | undefined): Value | undefined {
    const value = this.#options[name];
    if (value === undefined) return undefined;
    const accepted = accept(value);
    if (accepted === undefined) throw this.error(name, mustBe);
    return accepted;
  }

  text(name: Name, { mayBeEmpty = false } = {}): string | undefined {
    return this.parse(name, mayBeEmpty ? 'a string' : 'a string that is not empty', (value) =>
      typeof value === 'string' && (mayBeEmpty || value !== '') ? value : undefined,
    );
  }

  integer(name: Name, range: IntegerRange): number | undefined {
    const value = this.#options[name];
    if (value === undefined || isWithin(value, range)) return value;
    throw this.error(name, describeRange(range), SHORT_NUMBER);
  }

  oneOf<const Value extends string | boolean>(name: Name, values: readonly Value[]): Value | undefined {
    const value = this.#options[name];
    if (value === undefined) return undefined;
    const known = values.find((one) => one === value);
    if (known !== undefined) return known;
    throw this.error(name, `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`, SHORT_WORD);
  }

  /** A copy of an object of plain values. */
  tags(name: Name): Readonly<Record<string, string | number | boolean>> | undefined {
    return this.parse(name, 'an object whose values are strings, numbers or booleans', (value) =>
      isRecord(value) && Object.values(value).every(isTagValue)
        ? ({ ...value } as Record<string, string | number | boolean>)
        : undefined,
    );
  }

  /** A copy of an array of strings. */
  texts(name: Name): readonly string[] | undefined {
    return this.parse(name, 'an array of strings', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string') ? [...value] : undefined,
    );
  }

  /**
   * The error for an option that is wrong in a way only its owner knows.
   *
   * @param shownTexts which texts may be shown, for an option that takes no secret
   */
  error(name: Name, mustBe: string, shownTexts?: RegExp): TypeError {
    const value = describeRejected(this.#options[name], shownTexts);
    return new TypeError(`${this.#component}: \`${name}\` must be ${mustBe}, not ${value}`);
  }
}

/**
 * Reads environment variables, without the blanks and line ends around them, which files and secrets leave there. An
 * empty one counts as missing, as OpenTelemetry specifies. A wrong one is logged once and ignored, except where
 * `parseOrThrow` is asked.
 */
export class EnvironmentOptions {
  readonly #component: string;
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(component: string, variables: Readonly<Record<string, string | undefined>> = process.env) {
    this.#component = component;
    this.#variables = variables;
  }

  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  integer(name: string, range: IntegerRange): number | undefined {
    return this.parse(name, describeRange(range), (text) => parseInteger(text, range), SHORT_NUMBER);
  }

  /** @param values in small letters; the variable may have capital ones */
  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const find = (text: string) => values.find((one) => one === text.toLowerCase());
    return this.parse(name, `one of ${values.join(', ')}`, find, SHORT_WORD);
  }

  boolean(name: string): boolean | undefined {
    return this.parse(name, 'true or false', parseBoolean, SHORT_WORD);
  }

  /**
   * @param accept gives `undefined` for a text that is wrong, which is said and ignored
   * @param shownTexts which wrong texts may be shown, for a variable that takes no secret
   */
  parse<Value>(
    name: string,
    mustBe: string,
    accept: (text: string) => Value | undefined,
    shownTexts?: RegExp,
  ): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = accept(text);
    if (value === undefined) {
      log('warn', `${this.#component}: ignored the variable ${name}: ${complaint(mustBe, text, shownTexts)}`);
    }
    return value;
  }

  /**
   * The same for a variable that says where data goes: data must not go where it was not meant to.
   *
   * @throws for a text that is wrong
   */
  parseOrThrow<Value>(
    name: string,
    mustBe: string,
    accept: (text: string) => Value | undefined,
    shownTexts?: RegExp,
  ): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = accept(text);
    if (value !== undefined) return value;
    throw new TypeError(
      `${this.#component}: the variable ${name} is wrong: ${complaint(mustBe, text, shownTexts)}`,
    );
  }
}

function complaint(mustBe: string, text: string, shownTexts: RegExp | undefined): string {
  return `it must be ${mustBe}, not ${describeRejected(text, shownTexts)}`;
}

/** What stands where one of some words should be, and is too short for a key or a token. */
export const SHORT_WORD = /^[a-z0-9_-]{1,16}$/i;

/** What stands where a number should be. */
const SHORT_NUMBER = /^[-+]?\d{1,10}(?:\.\d{1,10})?$/;

/**
 * A rejected value for a message: its kind, because a text may be an address with a password in it, or a key that stands
 * in the wrong place. Only what can hold no secret is shown as it is: a number, a boolean, and the texts that a caller
 * knows to be harmless.
 *
 * @param shownTexts which texts are shown
 */
export function describeRejected(value: unknown, shownTexts?: RegExp): string {
  switch (typeof value) {
    case 'string':
      if (value === '') return 'an empty string';
      if (shownTexts?.test(value)) return JSON.stringify(value);
      return `a string of ${value.length} character${value.length === 1 ? '' : 's'}`;
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

function isTagValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isWithin(value: unknown, { min, max }: IntegerRange): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function describeRange({ min, max }: IntegerRange): string {
  return `a whole number from ${min} to ${max}`;
}
