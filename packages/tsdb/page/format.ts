const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const exactSmall = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

const TIME_UNITS: readonly (readonly [millis: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
  [1e-3, 'µs'],
  [1e-6, 'ns'],
];

/** Milliseconds of UCUM's units of time. */
const MILLIS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function plain(value: number): string {
  return Math.abs(value) >= 1 || value === 0 ? exact.format(value) : exactSmall.format(value);
}

/** A value with its unit, every digit of a whole number included. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  const shown = plain(value);
  if (unit === 'By') return value >= 1024 ? `${shown} B (${formatBytes(value)})` : `${shown} B`;
  return unit === '' || unit === '1' ? shown : `${shown} ${unitName(unit)}`;
}

/** A value with its unit, as short as it can be. */
export function formatShort(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  const millis = MILLIS[unit];
  if (millis !== undefined) return formatMillis(value * millis);
  if (unit === 'By') return formatBytes(value);
  const shown = Math.abs(value) >= 10_000 ? compact.format(value) : plain(Number(value.toPrecision(4)));
  return unit === '%' ? `${shown} %` : shown;
}

function formatMillis(millis: number): string {
  if (millis === 0) return '0';
  const [size, unit] = TIME_UNITS.find(([each]) => Math.abs(millis) >= each) ?? [1e-6, 'ns'];
  return `${plain(Number((millis / size).toPrecision(3)))} ${unit}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let index = 0;
  while (Math.abs(value) >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${plain(Number(value.toPrecision(3)))} ${units[index]}`;
}

/** `{request}` is an annotation: it is shown without its braces. */
function unitName(unit: string): string {
  return unit.replaceAll(/[{}]/g, '');
}

export function unitLabel(unit: string): string {
  return unit === 'By' ? 'bytes' : unitName(unit === '1' ? '' : unit);
}

export function formatSeconds(seconds: number): string {
  for (const [size, unit] of [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size} ${unit}`;
  }
  return `${seconds} s`;
}

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** When a bucket begins, as exactly as its length deserves. Days are UTC's. */
export function formatTime(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  if (step >= 86_400) return `${day.format(date)} (UTC)`;
  return (step >= 3600 ? dayAndTime : timeOfDay).format(date);
}
