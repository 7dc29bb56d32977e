/**
 * Checks the options that a program passes. This package depends on no other of Tallykit, so it has these short checks of
 * its own; their messages have the form of those of the exporters.
 */
import type { MetricsOptions, ResolvedOptions } from './options.ts';
import { isProducer, registryOfProducers } from './producers.ts';
import { registryOf } from './provider.ts';
import { visible } from './visible.ts';

interface OptionCheck {
  /** What is accepted, as messages name it. */
  readonly mustBe: string;
  readonly accepts: (value: unknown) => boolean;
  /** Checks of the value's own options. */
  readonly options?: OptionChecks;
}

export type OptionChecks = Readonly<Record<string, OptionCheck>>;

const TEXT: OptionCheck = { mustBe: 'a string', accepts: (value) => typeof value === 'string' };
const TEXTS: OptionCheck = { mustBe: 'an array of strings', accepts: isTexts };
const TAGS: OptionCheck = {
  mustBe: 'an object whose values are strings, numbers or booleans',
  accepts: (value) => isRecord(value) && Object.values(value).every(isTagValue),
};

const TAG_RULE_CHECKS: OptionChecks = {
  deny: {
    mustBe: 'an array of strings or a function',
    accepts: (value) => typeof value === 'function' || isTexts(value),
  },
  denySuffixes: TEXTS,
  except: TEXTS,
  exemptMetrics: TEXTS,
  onViolation: oneOf('drop', 'throw'),
};

/** Where metrics go. */
export const DESTINATION_CHECKS: OptionChecks = {
  meterProvider: { mustBe: 'a MeterProvider', accepts: (value) => hasMethod(value, 'getMeter') },
  producers: {
    mustBe: 'a filled array of producers that createMetricProducer made',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isProducer),
  },
};

const METRICS_CHECKS: OptionChecks = {
  ...DESTINATION_CHECKS,
  scope: TEXT,
  prefix: TEXT,
  tags: TAGS,
  timingUnit: oneOf('ms', 's'),
  maxSeriesPerMetric: wholeNumber(2),
  maxMetrics: wholeNumber(1),
  hold: oneOf(true, false),
  tagRules: { mustBe: 'an object', accepts: isRecord, options: TAG_RULE_CHECKS },
  events: {
    mustBe: 'an object with a method `event`, or an array of such objects',
    accepts: (value) => [value].flat().every((sink) => hasMethod(sink, 'event')),
  },
  observeTimeoutMillis: wholeNumber(1),
  operations: { mustBe: 'a function', accepts: (value) => typeof value === 'function' },
};

/**
 * Checks options and copies them, so that the caller can't change them later.
 *
 * @param component what the message starts with
 * @throws TypeError for the first option that is wrong or unknown
 */
export function readMetricsOptions(component: string, options: MetricsOptions): ResolvedOptions {
  checkOptions(component, options, METRICS_CHECKS);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { meterProvider, producers, ...others } = given as MetricsOptions;
  if (meterProvider !== undefined && producers !== undefined) {
    throw new TypeError(
      `${component}: \`meterProvider\` must be left out beside \`producers\`: metrics go to one of them`,
    );
  }
  return {
    ...others,
    ...(others.tags && { tags: { ...others.tags } }),
    ...(meterProvider && { registry: registryOf(meterProvider) }),
    ...(producers && { registry: registryOfProducers(component, producers) }),
  };
}

/** @throws TypeError for the first option that is wrong or unknown */
export function checkOptions(component: string, options: unknown, checks: OptionChecks): void {
  if (!isRecord(options)) {
    throw new TypeError(`${component}: the options must be an object, not ${describeRejected(options)}`);
  }
  check(component, options, checks, '');
}

/** @param path what the options are part of, with a dot at its end; empty for those at the top */
function check(
  component: string,
  options: Readonly<Record<string, unknown>>,
  checks: OptionChecks,
  path: string,
): void {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(checks, name));
  if (unknown.length > 0) {
    const named = unknown.map((name) => visible(path + name)).join('`, `');
    throw new TypeError(
      `${component}: there is no option \`${named}\`; there are ${Object.keys(checks).join(', ')}`,
    );
  }
  for (const [name, { mustBe, accepts, options: ownChecks }] of Object.entries(checks)) {
    const value = options[name];
    if (value === undefined) continue;
    if (!accepts(value)) {
      throw new TypeError(
        `${component}: \`${path}${name}\` must be ${mustBe}, not ${describeRejected(value)}`,
      );
    }
    if (ownChecks && isRecord(value)) check(component, value, ownChecks, `${name}.`);
  }
}

/**
 * What kind of value was rejected. The value itself is never shown, because a text may be a secret that stands in the wrong
 * place. The words are those of the exporters.
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

function oneOf(...values: readonly unknown[]): OptionCheck {
  return {
    mustBe: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    accepts: (value) => values.includes(value),
  };
}

function wholeNumber(min: number): OptionCheck {
  return {
    mustBe: `a whole number from ${min}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTagValue(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}

function hasMethod(value: unknown, method: string): boolean {
  return isRecord(value) && typeof value[method] === 'function';
}
