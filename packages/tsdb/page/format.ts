const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const exactSmall = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const change = new Intl.NumberFormat(undefined, {
  style: 'percent',
  signDisplay: 'exceptZero',
  maximumSignificantDigits: 3,
});

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

/** A whole number. */
export function formatCount(count: number): string {
  return exact.format(count);
}

export function formatSeconds(seconds: number): string {
  for (const [size, unit] of [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const) {
    if (seconds % size === 0) return `${exact.format(seconds / size)} ${unit}`;
  }
  return `${exact.format(seconds)} s`;
}

/** How long something took, in whole minutes, hours or days. */
export function formatSpan(seconds: number): string {
  const [size] = [86_400, 3600, 60]
    .map((each) => [each, Math.round(seconds / each)] as const)
    .find(([, count]) => count >= 2) ?? [60];
  return formatSeconds(Math.max(Math.round(seconds / size), 1) * size);
}

/** `+12 %`, of a share. */
export function formatChange(share: number): string {
  return change.format(share);
}

/** A name's order: `svc2` before `svc10`. */
export const byName: (first: string, second: string) => number = new Intl.Collator(undefined, {
  numeric: true,
}).compare;

// Without a locale, a browser writes times in its user's way: with 12 or 24 hours, and in its time zone.
const clock = { hour: 'numeric', minute: '2-digit' } as const;
const date = { day: 'numeric', month: 'short' } as const;
const hourAndMinute = new Intl.DateTimeFormat(undefined, clock);
const timeOfDay = new Intl.DateTimeFormat(undefined, { ...clock, second: '2-digit' });
const dayOfYear = new Intl.DateTimeFormat(undefined, date);
const dayAndTime = new Intl.DateTimeFormat(undefined, { weekday: 'short', ...date, ...clock });
const dateAndSecond = new Intl.DateTimeFormat(undefined, { ...date, ...clock, second: '2-digit' });
const dateAndMinute = new Intl.DateTimeFormat(undefined, { ...date, ...clock });
const dayInUtc = new Intl.DateTimeFormat(undefined, { weekday: 'short', ...date, timeZone: 'UTC' });

/** When a bucket begins, as exactly as its length deserves. Days are UTC's. */
export function formatTime(seconds: number, step: number): string {
  const moment = new Date(seconds * 1000);
  if (step >= 86_400) return `${dayInUtc.format(moment)} (UTC)`;
  return (step >= 3600 ? dayAndTime : timeOfDay).format(moment);
}

/** A moment with its day. */
export function formatMoment(seconds: number): string {
  return dateAndSecond.format(new Date(seconds * 1000));
}

/** Two moments, without repeating the day that they share. */
export function formatMoments(since: number, until: number): string {
  const format = until - since < 600 ? dateAndSecond : dateAndMinute;
  return format.formatRange(new Date(since * 1000), new Date(until * 1000));
}

/** A label of a time axis, whose labels are so many seconds apart. */
export function formatTick(seconds: number, distance: number): string {
  const moment = new Date(seconds * 1000);
  const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0;
  if (distance >= 86_400 || (isMidnight && distance >= 3600)) return dayOfYear.format(moment);
  return (distance < 60 ? timeOfDay : hourAndMinute).format(moment);
}
