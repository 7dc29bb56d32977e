/** Counts and gauges, as `/api/v1/series` and `/api/v2/series` take them. */
export interface DatadogSeries {
  readonly metric: string;
  readonly type: 'count' | 'rate' | 'gauge' | 'unspecified';
  /** Seconds; missing or 0 for gauges. */
  readonly interval: number;
  /** Datadog's word; empty when none is given. */
  readonly unit: string;
  /** Empty when none is given. */
  readonly host: string;
  /** `key:value`, in the order of arrival. */
  readonly tags: readonly string[];
  readonly points: readonly { readonly timestamp: number; readonly value: number }[];
}

/** A distribution with its bins, as `/api/beta/sketches` takes it. */
export interface DatadogSketch {
  readonly metric: string;
  readonly host: string;
  readonly tags: readonly string[];
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  /** Ascending, by the Agent's formula. */
  readonly keys: readonly number[];
  /** How many values are in the bin of the same index. */
  readonly counts: readonly number[];
}

/** The values of a distribution, as `/api/v1/distribution_points` takes them. */
export interface DatadogDistribution {
  readonly metric: string;
  readonly host: string;
  readonly tags: readonly string[];
  readonly points: readonly { readonly timestamp: number; readonly values: readonly number[] }[];
}

/** An event, as `/api/v1/events` takes it. What is missing is `undefined`. */
export interface DatadogReceivedEvent {
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
  readonly host: string | undefined;
  /** Seconds since 1970. */
  readonly dateHappened: number | undefined;
  readonly alertType: string | undefined;
  readonly priority: string | undefined;
  readonly aggregationKey: string | undefined;
  readonly sourceTypeName: string | undefined;
}

/** What is in the body of a request; all but one are empty. */
export interface DatadogContent {
  readonly series: readonly DatadogSeries[];
  readonly sketches: readonly DatadogSketch[];
  readonly distributions: readonly DatadogDistribution[];
  readonly events: readonly DatadogReceivedEvent[];
}

const NOTHING: DatadogContent = { series: [], sketches: [], distributions: [], events: [] };

/** What each endpoint reads. */
const READERS: Readonly<Record<string, (body: Uint8Array) => DatadogContent>> = {
  '/api/v1/series': (body) => ({ ...NOTHING, series: seriesIn(body, seriesOfVersion1) }),
  '/api/v2/series': (body) => ({ ...NOTHING, series: seriesIn(body, seriesOfVersion2) }),
  '/api/v1/distribution_points': (body) => ({ ...NOTHING, distributions: seriesIn(body, distribution) }),
  '/api/v1/events': (body) => ({ ...NOTHING, events: [event(json(body))] }),
  '/api/beta/sketches': (body) => ({ ...NOTHING, sketches: sketchesIn(body) }),
};

/**
 * Reads the body of a request as Datadog does, and a little stricter: throws at what Datadog would refuse or could not make
 * sense of.
 *
 * @param path of the endpoint, for example `/api/v2/series`
 * @param body after decompression
 * @returns `undefined` when there is no such endpoint
 */
export function parseDatadogPayload(path: string, body: Uint8Array): DatadogContent | undefined {
  return Object.hasOwn(READERS, path) ? READERS[path]?.(body) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function seriesIn<Series>(body: Uint8Array, read: (fields: Fields) => Series): Series[] {
  return list(json(body), 'series').map((one) => read(record(one, 'a series')));
}

function seriesOfVersion1(fields: Fields): DatadogSeries {
  const type = fields['type'] ?? 'gauge';
  if (type !== 'count' && type !== 'rate' && type !== 'gauge') return fail('a type that is none', type);
  return {
    ...named(fields),
    type,
    interval: optional(fields, 'interval', wholeNumber) ?? 0,
    unit: '',
    host: optional(fields, 'host', text) ?? '',
    points: list(fields, 'points').map((point) => {
      if (!Array.isArray(point) || point.length !== 2) return fail('a point that is no pair', point);
      return { timestamp: wholeNumber(point[0], 'a timestamp'), value: number(point[1], 'a value') };
    }),
  };
}

const VERSION_2_TYPES = ['unspecified', 'count', 'rate', 'gauge'] as const;

function seriesOfVersion2(fields: Fields): DatadogSeries {
  const type = VERSION_2_TYPES[Number(fields['type'] ?? 0)];
  if (type === undefined || !Number.isInteger(fields['type'] ?? 0))
    return fail('a type that is none', fields['type']);
  const resources = (optional(fields, 'resources', anything) ?? []) as unknown[];
  const hosts = resources
    .map((resource) => record(resource, 'a resource'))
    .filter((resource) => text(resource['type'], "a resource's type") === 'host')
    .map((resource) => text(resource['name'], "a resource's name"));
  return {
    ...named(fields),
    type,
    interval: optional(fields, 'interval', wholeNumber) ?? 0,
    unit: optional(fields, 'unit', text) ?? '',
    host: hosts[0] ?? '',
    points: list(fields, 'points').map((one) => {
      const point = record(one, 'a point');
      return {
        timestamp: wholeNumber(point['timestamp'], 'a timestamp'),
        value: number(point['value'], 'a value'),
      };
    }),
  };
}

function distribution(fields: Fields): DatadogDistribution {
  return {
    ...named(fields),
    host: optional(fields, 'host', text) ?? '',
    points: list(fields, 'points').map((point) => {
      if (!Array.isArray(point) || point.length !== 2 || !Array.isArray(point[1]))
        return fail('a point that is no time with values', point);
      return {
        timestamp: wholeNumber(point[0], 'a timestamp'),
        values: point[1].map((value) => number(value, 'a value')),
      };
    }),
  };
}

function event(fields: Fields): DatadogReceivedEvent {
  const title = text(fields['title'], "an event's title");
  const body = text(fields['text'], "an event's text");
  if (title === '') return fail('an event without a title', fields);
  if (body.length > 4000) return fail('a text of more than 4000 characters', body.length);
  return {
    title,
    text: body,
    tags: tags(fields),
    host: optional(fields, 'host', text),
    dateHappened: optional(fields, 'date_happened', wholeNumber),
    alertType: optional(fields, 'alert_type', text),
    priority: optional(fields, 'priority', text),
    aggregationKey: optional(fields, 'aggregation_key', text),
    sourceTypeName: optional(fields, 'source_type_name', text),
  };
}

function named(fields: Fields): { readonly metric: string; readonly tags: readonly string[] } {
  const metric = text(fields['metric'], "a metric's name");
  if (metric === '') return fail('a metric without a name', fields);
  return { metric, tags: tags(fields) };
}

function tags(fields: Fields): readonly string[] {
  const given = optional(fields, 'tags', anything) ?? [];
  if (!Array.isArray(given)) return fail('tags that are no list', given);
  return given.map((tag) => text(tag, 'a tag'));
}

function json(body: Uint8Array): Fields {
  const decoded = new TextDecoder('utf-8', { fatal: true }).decode(body);
  return record(JSON.parse(decoded), 'the body');
}

function record(value: unknown, what: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : fail(`${what} that is no object`, value);
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : fail(`${name} that are no list`, value);
}

function optional<Value>(
  fields: Fields,
  name: string,
  read: (value: unknown, what: string) => Value,
): Value | undefined {
  return fields[name] === undefined ? undefined : read(fields[name], name);
}

const anything = (value: unknown) => value;

function text(value: unknown, what: string): string {
  return typeof value === 'string' ? value : fail(`${what} that is no text`, value);
}

function number(value: unknown, what: string): number {
  return typeof value === 'number' ? value : fail(`${what} that is no number`, value);
}

function wholeNumber(value: unknown, what: string): number {
  return Number.isInteger(value) ? (value as number) : fail(`${what} that is no whole number`, value);
}

function fail(what: string, value: unknown): never {
  throw new Error(`Datadog can't read ${what}: ${JSON.stringify(value)?.slice(0, 200)}`);
}

// Protobuf, as protobuf.dev describes it and agent-payload's `agent_payload.proto` uses it.

type WireValue = bigint | Uint8Array;

/** The fields of a message, those with several values in their order. */
function messageIn(bytes: Uint8Array): Map<number, WireValue[]> {
  const fields = new Map<number, WireValue[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) fail('a message that ends too early', { at, length });
    at += length;
    return bytes.subarray(at - length, at);
  };
  const takeVarint = (): bigint => {
    const { value, end } = varintAt(bytes, at);
    at = end;
    return value;
  };
  while (at < bytes.length) {
    const tag = Number(takeVarint());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    switch (tag & 7) {
      case 0:
        values.push(takeVarint());
        break;
      case 1:
        values.push(view.getBigUint64(at, true));
        take(8);
        break;
      case 2:
        values.push(take(Number(takeVarint())));
        break;
      case 5:
        values.push(BigInt(view.getUint32(at, true)));
        take(4);
        break;
      default:
        fail('a field of an unknown wire type', tag);
    }
  }
  return fields;
}

function varintAt(bytes: Uint8Array, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return fail('a number that does not end', start);
}

function sketchesIn(body: Uint8Array): DatadogSketch[] {
  return valuesOf(messageIn(body), 1).flatMap((bytes) => {
    const sketch = messageIn(asBytes(bytes));
    const metric = asText(sketch.get(1)?.[0]);
    if (metric === '') return fail('a sketch without a name', '');
    const place = {
      metric,
      host: asText(sketch.get(2)?.[0]),
      tags: valuesOf(sketch, 4).map(asText),
    };
    return valuesOf(sketch, 7).map((dogsketch) => ({ ...place, ...distributionIn(asBytes(dogsketch)) }));
  });
}

function distributionIn(bytes: Uint8Array): Omit<DatadogSketch, 'metric' | 'host' | 'tags'> {
  const fields = messageIn(bytes);
  const integer = (field: number) => Number(BigInt.asIntN(64, (fields.get(field)?.[0] as bigint) ?? 0n));
  const double = (field: number) => asDouble((fields.get(field)?.[0] as bigint) ?? 0n);
  const keys = packed(valuesOf(fields, 7)).map((value) =>
    Number(value & 1n ? -(value >> 1n) - 1n : value >> 1n),
  );
  const counts = packed(valuesOf(fields, 8)).map(Number);
  const count = integer(2);
  if (keys.length !== counts.length) fail('bins of which some have no count', { keys, counts });
  if (keys.some((key, index) => index > 0 && key < keys[index - 1]!)) fail('bins that do not ascend', keys);
  if (counts.reduce((sum, one) => sum + one, 0) !== count)
    fail('bins that do not add up to the count', count);
  return {
    timestamp: integer(1),
    count,
    min: double(3),
    max: double(4),
    average: double(5),
    sum: double(6),
    keys,
    counts,
  };
}

/** Numbers that stand one after the other in a field, or each in a field of its own. */
function packed(values: readonly WireValue[]): bigint[] {
  return values.flatMap((value) => {
    if (typeof value === 'bigint') return [value];
    const numbers: bigint[] = [];
    for (let at = 0; at < value.length;) {
      const { value: next, end } = varintAt(value, at);
      numbers.push(next);
      at = end;
    }
    return numbers;
  });
}

function valuesOf(fields: Map<number, WireValue[]>, field: number): readonly WireValue[] {
  return fields.get(field) ?? [];
}

function asBytes(value: WireValue): Uint8Array {
  return typeof value === 'bigint' ? fail('a number where a message stands', String(value)) : value;
}

function asText(value: WireValue | undefined): string {
  return value === undefined ? '' : new TextDecoder('utf-8', { fatal: true }).decode(asBytes(value));
}

function asDouble(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
