import { describe } from './describe.ts';
import type { Operation } from './operation.ts';
import { refuse } from './refuse.ts';
import type { Kind, Registry } from './registry.ts';

/** What a recording verb does. */
export interface Verb {
  readonly name: Exclude<Operation['kind'], 'event'>;
  readonly kind: Kind;
  /** The least value that it accepts. */
  readonly least: number;
}

export const INCR: Verb = { name: 'incr', kind: 'counter', least: 0 };
export const UP_DOWN: Verb = { name: 'upDown', kind: 'upDown', least: -Number.MAX_VALUE };
export const GAUGE: Verb = { name: 'gauge', kind: 'gauge', least: -Number.MAX_VALUE };
export const TIMING: Verb = { name: 'timing', kind: 'histogram', least: 0 };
export const DISTRIBUTION: Verb = { name: 'distribution', kind: 'histogram', least: 0 };

export function refuseValue(registry: Registry, verb: Verb, name: unknown, value: unknown): void {
  const cause =
    typeof value !== 'number' ? 'not-a-number' : Number.isFinite(value) ? 'negative' : 'not-finite';
  const wanted = verb.least === 0 ? 'a finite number from 0' : 'a finite number';
  const advice = cause === 'negative' && verb === INCR ? '; for a value that goes down there is upDown' : '';
  refuse(registry, cause, `${verb.name}(${describe(name)}) takes ${wanted}, got ${describe(value)}${advice}`);
}

/** OpenTelemetry's units of time, in milliseconds. */
const MILLIS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

/** Converts to a unit of time. Of a unit that is none the milliseconds are kept. */
export function convertMillis(milliseconds: number, unit: string): number {
  return unit === 'ms' ? milliseconds : milliseconds / (MILLIS_PER_UNIT[unit] ?? 1);
}
