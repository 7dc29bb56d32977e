/** Where a message comes from, as its sender states it for the Agent's origin detection. */
export interface ParsedDogStatsdOrigin {
  /** The container: `ci-` and its id, or `in-` and the inode of its control group. */
  readonly container?: string;
  /** What Kubernetes' admission controller of Datadog put into `DD_EXTERNAL_ENV`. */
  readonly externalEnv?: string;
  /** How many tags of its origin the Agent adds: `none`, `low`, `orchestrator` or `high`. */
  readonly cardinality?: string;
}

/** Values of one series, as the Agent understands them. */
export interface ParsedDogStatsdMetric extends ParsedDogStatsdOrigin {
  /** Tells it from events and service checks. */
  readonly kind: 'metric';
  /** The name of the metric. */
  readonly name: string;
  /** Tags by key. A tag without a colon has an empty value. */
  readonly tags: Readonly<Record<string, string>>;
  /** A count, a gauge, a histogram, a timing or a distribution. */
  readonly type: 'c' | 'g' | 'h' | 'ms' | 'd';
  /** The value, or several that were packed into one line. */
  readonly values: readonly number[];
  /** The sample rate; 1 where the line has none. */
  readonly rate: number;
  /** How many recorded values each value stands for: `int64(1 / rate)` in the Agent's Go. */
  readonly weight: number;
  /** The time of the values, in seconds since 1970, where the line has one. */
  readonly timestamp?: number;
}

/** An event, with its escapes undone. */
export interface ParsedDogStatsdEvent extends ParsedDogStatsdOrigin {
  /** Tells it from metrics and service checks. */
  readonly kind: 'event';
  /** The title; never empty. */
  readonly title: string;
  /** The text. */
  readonly text: string;
  /** Tags by key. A tag without a colon has an empty value. */
  readonly tags: Readonly<Record<string, string>>;
  /** When it happened, in seconds since 1970. */
  readonly timestamp?: number;
  /** The machine that it is about. */
  readonly hostname?: string;
  /** Datadog shows events with the same key as one. */
  readonly aggregationKey?: string;
  /** `normal` or `low`. */
  readonly priority?: string;
  /** What kind of system it comes from. */
  readonly sourceTypeName?: string;
  /** `error`, `warning`, `info` or `success`. */
  readonly alertType?: string;
}

/** A service check. The Agent knows no escapes in it. */
export interface ParsedDogStatsdCheck extends ParsedDogStatsdOrigin {
  /** Tells it from metrics and events. */
  readonly kind: 'check';
  /** The name of the check. */
  readonly name: string;
  /** The result. */
  readonly status: 'ok' | 'warning' | 'critical' | 'unknown';
  /** Tags by key. A tag without a colon has an empty value. */
  readonly tags: Readonly<Record<string, string>>;
  /** When it was checked, in seconds since 1970. */
  readonly timestamp?: number;
  /** The machine that it is about. */
  readonly hostname?: string;
  /** An explanation of the result. */
  readonly message?: string;
}

/** One message of a payload. */
export type ParsedDogStatsd = ParsedDogStatsdMetric | ParsedDogStatsdEvent | ParsedDogStatsdCheck;

/**
 * Reads payloads as the Datadog Agent does (`comp/dogstatsd/server/impl`: `parse.go`, `parse_metrics.go`,
 * `parse_events.go`, `parse_service_checks.go`). It shares no code with the exporter.
 *
 * @throws at whatever the Agent would drop, cut, warn of or ignore, at what the documentation forbids, and at names and tags that
 *   Datadog would shorten or rename
 */
export function parseDogStatsdPayload(payload: string | Uint8Array): ParsedDogStatsd[] {
  const text =
    typeof payload === 'string' ? payload : new TextDecoder('utf-8', { fatal: true }).decode(payload);
  return text.split('\n').map(parseMessage);
}

function parseMessage(message: string): ParsedDogStatsd {
  const fail: Fail = (why) => {
    throw new Error(`${why}: ${JSON.stringify(message.slice(0, 300))}`);
  };
  if (message === '') fail('an empty line');
  // The Agent removes it at the end of a line. Other servers end a line at it.
  if (message.includes('\r')) fail('a carriage return');
  if (/\p{Cs}/u.test(message)) fail('half a surrogate pair');
  // As in the Agent, only the beginning counts: it takes a metric called `_scale` for a service check.
  if (message.startsWith('_e{')) return parseEvent(message, fail);
  if (message.startsWith('_sc')) return parseCheck(message, fail);
  return parseMetric(message, fail);
}

type Fail = (why: string) => never;

function parseMetric(message: string, fail: Fail): ParsedDogStatsdMetric {
  const [nameAndValues = '', type, ...fields] = message.split('|');
  const [name = '', ...values] = nameAndValues.split(':');
  if (!/^[A-Za-z][A-Za-z0-9_.]{0,199}$/.test(name)) fail('a name that Datadog would change');
  if (type !== 'c' && type !== 'g' && type !== 'h' && type !== 'ms' && type !== 'd')
    return fail('another type than c, g, h, ms, d');
  if (values.length === 0) fail('no value');
  for (const value of values)
    if (!/^-?\d+(\.\d+)?$/.test(value) || /^-0(\.0*)?$/.test(value)) fail('a value that is no plain decimal');

  const { rate: rateText, timestamp, tags, ...origin } = readFields(fields, METRIC_FIELDS, fail);
  if (rateText !== undefined && !/^\d+(\.\d+)?$/.test(rateText)) fail('a rate that is no plain decimal');
  const rate = Number(rateText ?? 1);
  if (!(rate > 0 && rate <= 1)) fail('a rate outside (0, 1]');
  if (rateText !== undefined && type === 'g') fail('a rate, which gauges do not have');
  if (timestamp !== undefined && type !== 'c' && type !== 'g') fail('a time, which only c and g may have');
  if (timestamp !== undefined && rateText !== undefined) fail('a rate with a time, which is ignored');
  return {
    kind: 'metric',
    name,
    type,
    values: values.map(Number),
    rate,
    weight: Math.trunc(1 / rate),
    tags: readTags(tags, fail),
    ...readTimestamp(timestamp, fail),
    ...readOrigin(origin, fail),
  };
}

function parseEvent(message: string, fail: Fail): ParsedDogStatsdEvent {
  const [header, titleBytes, textBytes] =
    /^_e\{(\d+),(\d+)\}:/.exec(message) ?? fail('no header of an event');
  const bytes = Buffer.from(message).subarray(header.length);
  const textStart = Number(titleBytes) + 1;
  const end = textStart + Number(textBytes);
  if (titleBytes === '0') fail('an event without a title');
  if (bytes.length < end) fail('an event shorter than it says');
  if (bytes[textStart - 1] !== 0x7c) fail('no | behind the title');
  const rest = bytes.subarray(end);
  if (rest.length > 0 && rest[0] !== 0x7c) fail('an event longer than it says');
  // `fatal`: whoever counts characters instead of bytes cuts a character in two, which throws here.
  const decode = (part: Uint8Array) =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part).replaceAll(String.raw`\n`, '\n');

  const { timestamp, tags, priority, alertType, hostname, aggregationKey, sourceTypeName, ...origin } =
    readFields(rest.length === 0 ? [] : rest.toString().slice(1).split('|'), EVENT_FIELDS, fail);
  if (priority !== undefined && !['normal', 'low'].includes(priority)) fail('a priority that there is not');
  if (alertType !== undefined && !['error', 'warning', 'info', 'success'].includes(alertType))
    fail('an alert type that there is not');
  return {
    kind: 'event',
    title: decode(bytes.subarray(0, textStart - 1)),
    text: decode(bytes.subarray(textStart, end)),
    tags: readTags(tags, fail),
    ...readTimestamp(timestamp, fail),
    ...defined({ priority, alertType, hostname, aggregationKey, sourceTypeName }),
    ...readOrigin(origin, fail),
  };
}

const STATUSES = { '0': 'ok', '1': 'warning', '2': 'critical', '3': 'unknown' } as const;

function parseCheck(message: string, fail: Fail): ParsedDogStatsdCheck {
  const [head, name = '', status = '', ...fields] = message.split('|');
  if (head !== '_sc' || name === '') fail('no name of a service check');
  if (!(status in STATUSES)) fail('a status that there is not');
  const { timestamp, tags, hostname, message: text, ...origin } = readFields(fields, CHECK_FIELDS, fail);
  if (text !== undefined && !fields.at(-1)!.startsWith('m:')) fail('a message that is not the last field');
  return {
    kind: 'check',
    name,
    status: STATUSES[status as keyof typeof STATUSES],
    tags: readTags(tags, fail),
    ...readTimestamp(timestamp, fail),
    ...defined({ hostname, message: text }),
    ...readOrigin(origin, fail),
  };
}

const ORIGIN_FIELDS = { 'c:': 'container', 'e:': 'externalEnv', 'card:': 'cardinality' } as const;
const METRIC_FIELDS = { '@': 'rate', '#': 'tags', T: 'timestamp', ...ORIGIN_FIELDS } as const;
const EVENT_FIELDS = {
  'd:': 'timestamp',
  'h:': 'hostname',
  'k:': 'aggregationKey',
  'p:': 'priority',
  's:': 'sourceTypeName',
  't:': 'alertType',
  '#': 'tags',
  ...ORIGIN_FIELDS,
} as const;
const CHECK_FIELDS = {
  'd:': 'timestamp',
  'h:': 'hostname',
  '#': 'tags',
  'm:': 'message',
  ...ORIGIN_FIELDS,
} as const;

/** Reads fields in any order. Of two equal fields, the Agent takes the last one. It ignores unknown fields. Both throw here. */
function readFields<Name extends string>(
  fields: readonly string[],
  known: Readonly<Record<string, Name>>,
  fail: Fail,
): Partial<Record<Name, string>> {
  const read: Partial<Record<Name, string>> = {};
  for (const field of fields) {
    const [prefix, name] =
      Object.entries(known).find(([start]) => field.startsWith(start)) ?? fail(`an unknown field ${field}`);
    if (name in read) fail(`two fields ${prefix}`);
    read[name] = field.slice(prefix.length);
    if (read[name] === '') fail(`an empty field ${prefix}`);
  }
  return read;
}

/** Checks the rules for tags (Datadog, "Getting started with tags"): at most 200 characters, and no colon at the end. */
function readTags(text: string | undefined, fail: Fail): Record<string, string> {
  const tags: Record<string, string> = Object.create(null);
  for (const tag of text === undefined ? [] : text.split(',')) {
    const at = tag.indexOf(':');
    if (at === 0 || at === tag.length - 1 || tag.endsWith(':') || tag === '')
      fail('a tag without key or value');
    if (/[\p{Cc}\u2028\u2029]/u.test(tag)) fail('a control character in a tag');
    if (Array.from(tag).length > 200) fail('a tag of more than 200 characters');
    const key = at === -1 ? tag : tag.slice(0, at);
    if (key in tags) fail('a key twice');
    tags[key] = at === -1 ? '' : tag.slice(at + 1);
  }
  return tags;
}

function readTimestamp(text: string | undefined, fail: Fail): { timestamp?: number } {
  if (text === undefined) return {};
  return /^[1-9]\d{0,10}$/.test(text) ? { timestamp: Number(text) } : fail('a time that is not in seconds');
}

function readOrigin(
  { container, externalEnv, cardinality }: { [Field in keyof ParsedDogStatsdOrigin]?: string | undefined },
  fail: Fail,
): ParsedDogStatsdOrigin {
  if (container !== undefined && !/^(ci-[\w.-]+|in-\d+)$/.test(container)) fail('no container');
  if (cardinality !== undefined && !/^(none|low|orchestrator|high)$/.test(cardinality))
    fail('no cardinality');
  return defined({ container, externalEnv, cardinality });
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>;
}
