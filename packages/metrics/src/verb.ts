import type { CallName } from './call-shape.ts';
import { describe } from './describe.ts';
import type { Operation } from './operation.ts';
import { refuse } from './refuse.ts';
import type { Kind, Registry } from './registry.ts';

/** What a metric is used by. */
export interface AnyVerb {
  readonly name: CallName;
  readonly kind: Kind;
}

/** What a recording verb does. */
export interface Verb extends AnyVerb {
  readonly name: Exclude<Operation['kind'], 'event'>;
  /** The least value that it accepts. */
  readonly least: number;
}

export const INCR: Verb = { name: 'incr', kind: 'counter', least: 0 };
export const UP_DOWN: Verb = { name: 'upDown', kind: 'upDown', least: -Number.MAX_VALUE };
export const GAUGE: Verb = { name: 'gauge', kind: 'gauge', least: -Number.MAX_VALUE };
export const TIMING: Verb = { name: 'timing', kind: 'histogram', least: 0 };
export const DISTRIBUTION: Verb = { name: 'distribution', kind: 'histogram', least: 0 };
export const OBSERVE: AnyVerb = { name: 'observe', kind: 'observable' };

export function refuseValue(registry: Registry, verb: Verb, name: unknown, value: unknown): void {
  const cause =
    typeof value !== 'number' ? 'not-a-number' : Number.isFinite(value) ? 'negative' : 'not-finite';
  const wanted = verb.least === 0 ? 'a finite number from 0' : 'a finite number';
  let advice = '';
  if (cause === 'negative' && verb === INCR) advice = '; for a value that goes down there is upDown';
  if (typeof value === 'object') advice = `; options come third: ${verb.name}(name, value, options)`;
  refuse(
    registry,
    cause,
    `${verb.name} ${describe(name)}`,
    `${verb.name}(${describe(name)}) takes ${wanted}, got ${describe(value)}${advice}`,
  );
}
