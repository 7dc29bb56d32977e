/**
 * Looks at the shape of calls. People come from `increment(name, value, rate, tags)`, from arrays of tags and from options
 * with other names, and JavaScript accepts whatever they pass. A call of a wrong shape is counted and logged, and what it has
 * in the right shape is recorded.
 */
import { describeRejected } from './check-options.ts';
import { logOnce } from './log-once.ts';
import type { BoundOptions, ChildOptions, RecordOptions } from './options.ts';
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
  bindUpDown: "bindUpDown(name, { plan: 'pro' }, { unit: '{item}' })",
  bindGauge: "bindGauge(name, { plan: 'pro' }, { unit: '{item}' })",
  bindTiming: "bindTiming(name, { plan: 'pro' }, { unit: 's' })",
  bindDistribution: "bindDistribution(name, { plan: 'pro' }, { unit: 'By' })",
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
  if (!isRecord(options)) return `its options are ${kindOf(options)} and not an object`;
  for (const name in options) {
    const type = types.get(name);
    if (type === undefined) return `there is no option \`${visible(name.slice(0, 60))}\``;
    const fault = faultOfOption(name, options[name], type);
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
  if (tags === undefined || tags === null || isRecord(tags)) return undefined;
  return `its tags are ${kindOf(tags)} and not an object`;
}

/** What a call has in the right shape. */
export interface CallShape<Options> {
  /** What is wrong with it, if anything is. */
  readonly fault: string | undefined;
  /** Its options, without those that have a wrong shape. */
  readonly options: Options | undefined;
}

/**
 * Reads the options of a call.
 *
 * @param hasMore whether the call has more arguments than there are
 * @throws what reading the options throws
 */
export function shapeOf<Options extends object>(
  options: Options | undefined,
  types: OptionTypes,
  hasMore: boolean,
): CallShape<Options> {
  const fault = faultOf(options, types) ?? (hasMore ? 'it has more arguments than there are' : undefined);
  if (fault === undefined) return { fault, options: options ?? undefined };
  if (!isRecord(options)) return { fault, options: undefined };
  const kept: Record<string, unknown> = {};
  for (const name in options) {
    const type = types.get(name);
    const value = options[name];
    if (type !== undefined && faultOfOption(name, value, type) === undefined) kept[name] = value;
  }
  return { fault, options: kept as Options };
}

/** Counts a call of a wrong shape, and logs it the first time for each metric. */
export function countMalformed(registry: Registry, call: CallName, about: string, fault: string): void {
  registry.malformed += 1;
  const called = about === '' ? call : `${call}(${about})`;
  logOnce('malformed', `${call} ${about}`, `${called}: ${fault}; write ${FORMS[call]}`);
}

/** What a handle keeps of its options: a copy that the caller can't change later. */
interface KeptOptions<Options> {
  readonly fault: string | undefined;
  readonly options: Options;
}

/** Reads the options of `child`. */
export function readChildOptions(options: ChildOptions): KeptOptions<ChildOptions> {
  return keep(options, CHILD_OPTIONS, false);
}

/** Reads the arguments of `counter` and of the other bound handles after their name. */
export function readBoundOptions(
  tags: Tags | undefined,
  options: BoundOptions | undefined,
  hasMore: boolean,
): KeptOptions<RecordOptions> {
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

/** Reads the options of a handle, such as a timer. */
export function readOptions(
  options: RecordOptions | undefined,
  hasMore: boolean,
): KeptOptions<RecordOptions> {
  return keep(options, RECORD_OPTIONS, hasMore);
}

function keep<Options extends ChildOptions | RecordOptions>(
  options: Options | undefined,
  types: OptionTypes,
  hasMore: boolean,
): KeptOptions<Options> {
  try {
    const { fault, options: known } = shapeOf(options, types, hasMore);
    return { fault, options: { ...known, tags: { ...known?.tags } } as Options };
  } catch {
    return { fault: UNREADABLE, options: {} as Options };
  }
}

/** Whether it is an object with members. A list or a Map has none that could be options or tags. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

function kindOf(value: unknown): string {
  const isList =
    typeof value === 'object' && value !== null && !Array.isArray(value) && Symbol.iterator in value;
  if (!isList) return describeRejected(value);
  return value instanceof Map ? 'a Map' : 'a list';
}
