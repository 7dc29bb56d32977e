/** What the store answers; the types of its JSON. Moments are seconds since 1970. */
export interface MetricInfo {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'distribution';
  readonly unit: string;
}

export interface NamesAnswer {
  readonly resolutions: readonly string[];
  readonly redis: 'connected' | 'away' | null;
  readonly names: readonly MetricInfo[];
  /** How long after its end a bucket may still grow. */
  readonly flushSeconds: number;
  readonly store: {
    readonly series: number;
    readonly maxSeries: number;
    readonly bytes: number;
    readonly maxBytes: number;
  };
}

export interface Summary {
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface RangeSeries extends MetricInfo {
  readonly tags: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number | null | Summary])[];
}

export interface RangeAnswer {
  readonly since: number;
  readonly until: number;
  readonly resolution: string;
  readonly seconds: number;
  readonly source: 'memory' | 'redis';
  /** The earliest moment of which the store can know; `null` while nothing was recorded. */
  readonly earliest: number | null;
  /** Buckets that end later may still grow. */
  readonly completeUntil: number;
  readonly series: readonly RangeSeries[];
  readonly more: number;
}

export interface SeriesInfo extends MetricInfo {
  readonly tags: Readonly<Record<string, string>>;
}

export interface EventInfo {
  readonly time: number;
  readonly title: string;
  readonly text: string;
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** What servers answer, this one and those before it, when the names of a question are too long for its address. */
const ADDRESS_TOO_LONG: readonly number[] = [414, 431];

/** The server refused a question. The message is its reason. */
export class Refused extends Error {
  readonly status: number;
  /** The question would have read too much: a smaller one may be answered. */
  readonly isTooMuch: boolean;

  constructor(status: number, { detail, limit }: { readonly detail?: string; readonly limit?: number }) {
    super(
      status === 401
        ? `This page needs a permission that you don't have: ${detail}`
        : (detail ?? `The server answered ${status}`),
    );
    this.status = status;
    this.isTooMuch = limit !== undefined || ADDRESS_TOO_LONG.includes(status);
  }
}

/** The server can't be reached. */
export class Unreachable extends Error {}

/** The page may be mounted anywhere, with or without a slash at the end. */
const base = location.pathname.replace(/\/?$/, '/');

type Parameters = readonly (readonly [string, string])[];

async function ask<Answer>(path: string, parameters: Parameters): Promise<Answer> {
  const query = new URLSearchParams(parameters.map(([key, value]) => [key, value]));
  const response = await fetch(`${base}api/${path}?${query.toString()}`, { cache: 'no-store' }).catch(() => {
    throw new Unreachable();
  });
  const body = (await response.json().catch(() => ({
    detail: 'Something in front of the server answered in its place',
    isForeign: true,
  }))) as Answer & { readonly detail?: string; readonly limit?: number; readonly isForeign?: boolean };
  if (!response.ok || body.isForeign) throw new Refused(response.status, body);
  return body;
}

export function fetchNames(): Promise<NamesAnswer> {
  return ask('names', []);
}

export function fetchSeries(names: readonly string[]): Promise<{ series: readonly SeriesInfo[] }> {
  return ask(
    'series',
    names.map((name) => ['name', name]),
  );
}

/** The range of a question: the last seconds, or between two moments. */
export type Period = { readonly last: number } | { readonly since: number; readonly until: number };

export interface RangeQuestion {
  readonly names: readonly string[];
  readonly period: Period;
  /** Empty for the store's choice. */
  readonly resolution: string;
  /** `key:value` */
  readonly tags: readonly string[];
  /** The tag to split by; empty for none. */
  readonly by: string;
}

export function fetchRange({ names, period, resolution, tags, by }: RangeQuestion): Promise<RangeAnswer> {
  return ask('range', [
    ...[...new Set(names)].map((name) => ['name', name] as const),
    ...tags.map((tag) => ['tag', tag] as const),
    ...Object.entries(period).map(([key, value]) => [key, String(value)] as const),
    ...(resolution ? [['resolution', resolution] as const] : []),
    ...(by ? [['by', by] as const] : []),
  ]);
}

export async function fetchEvents(since: number, until: number): Promise<readonly EventInfo[]> {
  const answer = await ask<{ events: readonly EventInfo[] }>('events', [
    ['since', String(since)],
    ['until', String(until)],
  ]);
  return answer.events;
}
