/** What the store answers; the types of its JSON. */
export interface MetricInfo {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'distribution';
  readonly unit: string;
}

export interface NamesAnswer {
  readonly resolutions: readonly string[];
  readonly redis: 'connected' | 'away' | null;
  readonly names: readonly MetricInfo[];
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
  readonly series: readonly RangeSeries[];
  readonly more: number;
}

export interface SeriesInfo extends MetricInfo {
  readonly tags: Readonly<Record<string, string>>;
}

/** The page may be mounted anywhere, with or without a slash at the end. */
const base = location.pathname.replace(/\/?$/, '/');

async function ask<Answer>(
  path: string,
  parameters: readonly (readonly [string, string])[],
): Promise<Answer> {
  const query = new URLSearchParams(parameters.map(([key, value]) => [key, value]));
  const response = await fetch(`${base}api/${path}?${query}`, { cache: 'no-store' });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error((body as { detail?: string }).detail ?? response.statusText);
  return body as Answer;
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

export interface RangeQuestion {
  readonly names: readonly string[];
  readonly rangeSeconds: number;
  /** Empty for the store's choice. */
  readonly resolution: string;
  /** `key:value` */
  readonly tags: readonly string[];
  readonly by?: string;
}

export function fetchRange({
  names,
  rangeSeconds,
  resolution,
  tags,
  by,
}: RangeQuestion): Promise<RangeAnswer> {
  return ask('range', [
    ...names.map((name) => ['name', name] as const),
    ...tags.map((tag) => ['tag', tag] as const),
    ['last', String(rangeSeconds)],
    ...(resolution ? [['resolution', resolution] as const] : []),
    ...(by ? [['by', by] as const] : []),
  ]);
}
