import { say } from './say.ts';

/** The whole numbers that an option takes, both ends included. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the options that a program passes to a constructor, which throws on a wrong one: a message starts with the
 * component's name and says the option, the value and what is accepted. A missing option is `undefined`.
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
      throw new TypeError(`${component}: the options must be an object, not ${show(options)}`);
    this.#options = options;
    const unknown = Object.keys(options).filter((name) => !names.some((known) => known === name));
    if (unknown.length > 0) {
      throw new TypeError(
        `${component}: there is no option \`${unknown.join('`, `')}\`; there are ${names.join(', ')}`,
      );
    }
  }

  has(name: Name): boolean {
    return this.#options[name] !== undefined;
  }

  /** The value of an option as it is, for one that no message may show. */
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
    return this.parse(name, describeRange(range), (value) => (isWithin(value, range) ? value : undefined));
  }

  oneOf<const Value extends string | boolean>(name: Name, values: readonly Value[]): Value | undefined {
    return this.parse(name, `one of ${values.map(show).join(', ')}`, (value) =>
      values.find((one) => one === value),
    );
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

  /** The error for an option that is wrong in a way only its owner knows. */
  error(name: Name, mustBe: string): TypeError {
    return new TypeError(
      `${this.#component}: \`${name}\` must be ${mustBe}, not ${show(this.#options[name])}`,
    );
  }
}

/**
 * Reads environment variables. A wrong one never stops a program: it is said once and ignored. An empty one counts as
 * missing, as OpenTelemetry specifies.
 */
export class EnvironmentOptions {
  readonly #component: string;
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(component: string, variables: Readonly<Record<string, string | undefined>> = process.env) {
    this.#component = component;
    this.#variables = variables;
  }

  text(name: string): string | undefined {
    return this.#variables[name] || undefined;
  }

  integer(name: string, range: IntegerRange): number | undefined {
    return this.parse(name, describeRange(range), (text) => {
      const value = /^\s*-?\d+\s*$/.test(text) ? Number(text) : text;
      return isWithin(value, range) ? value : undefined;
    });
  }

  /** @param accept gives `undefined` for a text that is wrong */
  parse<Value>(name: string, mustBe: string, accept: (text: string) => Value | undefined): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = accept(text);
    if (value === undefined) {
      say(
        'warn',
        `${this.#component}: ignored the variable ${name}: it must be ${mustBe}, not ${show(text)}`,
      );
    }
    return value;
  }
}

const MAX_SHOWN = 100;

/** A value for an error message: short, and never the insides of an object. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_SHOWN));
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
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
