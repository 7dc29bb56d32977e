/**
 * Looks at the shape of calls. People come from `increment(name, value, rate, tags)`, from arrays of tags and from options
 * with other names, and JavaScript accepts whatever they pass. A call of a wrong shape is counted and logged, and what it has
 * in the right shape is recorded.
 */
import { logOnce } from './log-once.ts';
import type { ChildOptions, RecordOptions } from './options.ts';
import type { Registry } from './registry.ts';
import type { Tags } from './tags.ts';
import { visible } from './visible.ts';

/** The options of a call, each with the type that it must have. */
type OptionTypes = ReadonlyMap<string, 'string' | 'number' | 'boolean' | 'tags' | 'any'>;

export const RECORD_OPTIONS: OptionTypes = new Map([
  ['tags', 'tags'],
  ['instance', 'any'],
  ['unit', 'string'],
  ['description', 'string'],
  ['sampleRate', 'number'],
  ['internal', 'boolean'],
]);

export const EVENT_OPTIONS: OptionTypes = new Map([
  ['tags', 'tags'],
  ['instance', 'any'],
  ['alertType', 'string'],
  ['priority', 'string'],
  ['aggregationKey', 'string'],
  ['sourceTypeName', 'string'],
  ['hostname', 'string'],
  ['timestamp', 'number'],
]);

const UNREADABLE = 'its options can not be read';

const CHILD_OPTIONS: OptionTypes = new Map([
  ['prefix', 'string'],
  ['tags', 'tags'],
]);

/** The right form of each call, as messages show it. */
const FORMS = {
  incr: "incr(name, value, { tags: { plan: 'pro' } })",
  upDown: "upDown(name, value, { tags: { plan: 'pro' } })",
  active: "active(name, { tags: { plan: 'pro' } })",
  gauge: "gauge(name, value, { tags: { plan: 'pro' } })",
  timing: "timing(name, milliseconds, { tags: { plan: 'pro' } })",
  distribution: "distribution(name, value, { tags: { plan: 'pro' } })",
  observe: "observe(name, read, { tags: { plan: 'pro' } })",
  time: "time(name, work, { tags: { plan: 'pro' } })",
  wrap: "wrap(name, work, { tags: { plan: 'pro' } })",
  timer: "timer(name, { tags: { plan: 'pro' } })",
  counter: "counter(name, { plan: 'pro' }, { unit: '{item}' })",
  event: "event(title, text, { alertType: 'info', tags: { plan: 'pro' } })",
  withTags: "withTags({ plan: 'pro' }, work)",
  child: "child({ prefix: 'mail.', tags: { team: 'growth' } })",
} as const;

export type CallName = keyof typeof FORMS;

/** Whether a call leaves out an instance. */
export function isAbsent(instance: unknown): boolean {
  return instance === undefined || instance === null || instance === '';
}

/** What is wrong with the shape of a call's options, if anything is. */
export function faultOf(options: unknown, types: OptionTypes): string | undefined {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== 'object' || Symbol.iterator in options) {
    return `its options are ${kindOf(options)} and not an object`;
  }
  for (const name in options) {
    const type = types.get(name);
    if (type === undefined) return `there is no option \`${visible(name.slice(0, 60))}\``;
    const fault = faultOfOption(name, (options as Record<string, unknown>)[name], type);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfOption(name: string, value: unknown, type: string): string | undefined {
  if (value === undefined || value === null || type === 'any') return undefined;
  if (type === 'tags') return faultOfTags(value);
  // oxlint-disable-next-line valid-typeof
  return typeof value === type ? undefined : `\`${name}\` is ${kindOf(value)} and not a ${type}`;
}

/** What is wrong with the shape of tags, if anything is. */
export function faultOfTags(tags: unknown): string | undefined {
  if (tags === undefined || tags === null) return undefined;
  const isRecord = typeof tags === 'object' && !(Symbol.iterator in tags);
  return isRecord ? undefined : `its tags are ${kindOf(tags)} and not an object`;
}

/**
 * The options of a call without those that have a wrong shape.
 *
 * @param fault what `faultOf` returned for them
 */
export function wellFormed<Options extends object>(
  options: Options | undefined | null,
  types: OptionTypes,
  fault: string | undefined,
): Options | undefined {
  if (fault === undefined) return options ?? undefined;
  if (typeof options !== 'object' || options === null || Symbol.iterator in options) return undefined;
  const kept: Record<string, unknown> = {};
  for (const name in options) {
    const type = types.get(name);
    const value = options[name];
    if (type !== undefined && faultOfOption(name, value, type) === undefined) kept[name] = value;
  }
  return kept as Options;
}

/** Counts a call of a wrong shape, and logs it the first time for each metric. */
export function countMalformed(registry: Registry, call: CallName, about: string, fault: string): void {
  registry.malformed += 1;
  const called = about === '' ? call : `${call}(${about})`;
  logOnce('malformed', `${call} ${about}`, `${called}: ${fault}; write ${FORMS[call]}`);
}

/** A copy of options that the caller can't change later, without those that have a wrong shape. */
interface ReadOptions<Options> {
  readonly fault: string | undefined;
  readonly options: Options;
}

/** Reads the options of `child`. */
export function readChildOptions(options: unknown): ReadOptions<ChildOptions> {
  return read(options as ChildOptions, CHILD_OPTIONS, false);
}

/** Reads the arguments of `counter` after its name. */
export function readCounterOptions(
  tags: Tags | undefined,
  options: Omit<RecordOptions, 'tags'> | undefined,
  hasMore: boolean,
): ReadOptions<RecordOptions> {
  const others = readOptions(options, hasMore);
  try {
    const hasOptionsForTags = typeof tags?.['tags'] === 'object' && tags['tags'] !== null;
    const fault = hasOptionsForTags ? 'its second argument are tags, without options' : faultOfTags(tags);
    const given = fault === undefined ? { ...(tags ?? others.options.tags) } : {};
    return { fault: fault ?? others.fault, options: { ...others.options, tags: given } };
  } catch {
    return { fault: UNREADABLE, options: others.options };
  }
}

/**
 * Reads the options of a handle, such as a timer.
 *
 * @param hasMore whether the call has more arguments than there are
 */
export function readOptions(
  options: RecordOptions | undefined,
  hasMore: boolean,
): ReadOptions<RecordOptions> {
  return read(options, RECORD_OPTIONS, hasMore);
}

function read<Options extends ChildOptions>(
  options: Options | undefined,
  types: OptionTypes,
  hasMore: boolean,
): ReadOptions<Options | ChildOptions> {
  try {
    const fault = faultOf(options, types) ?? faultOfCount(hasMore);
    const known = wellFormed(options, types, fault);
    return { fault, options: { ...known, tags: { ...known?.tags } } };
  } catch {
    return { fault: UNREADABLE, options: {} };
  }
}

export function faultOfCount(hasMore: boolean): string | undefined {
  return hasMore ? 'it has more arguments than there are' : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const isMap = value instanceof Map;
  return isMap ? 'a Map' : Symbol.iterator in value ? 'a list' : 'an object';
}
