import type { Period } from './api.ts';
import { formatMoments } from './format.ts';

/** `fit`: what there is, an hour at most. Moments are seconds since 1970. */
export type TimeRange =
  | { readonly kind: 'fit' }
  | { readonly kind: 'last'; readonly seconds: number }
  | { readonly kind: 'between'; readonly since: number; readonly until: number };

export const RANGES: readonly (readonly [label: string, title: string, range: TimeRange])[] = [
  ['Fit', 'What there is, an hour at most', { kind: 'fit' }],
  ['15m', 'The last 15 minutes', { kind: 'last', seconds: 900 }],
  ['1h', 'The last hour', { kind: 'last', seconds: 3600 }],
  ['6h', 'The last 6 hours', { kind: 'last', seconds: 21_600 }],
  ['24h', 'The last 24 hours', { kind: 'last', seconds: 86_400 }],
  ['7d', 'The last 7 days', { kind: 'last', seconds: 604_800 }],
  ['30d', 'The last 30 days', { kind: 'last', seconds: 2_592_000 }],
  ['90d', 'The last 90 days', { kind: 'last', seconds: 7_776_000 }],
];

const FIT_SECONDS = 3600;

export function isSameRange(first: TimeRange, second: TimeRange): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}

export function periodOf(range: TimeRange): Period {
  switch (range.kind) {
    case 'fit':
      return { last: FIT_SECONDS };
    case 'last':
      return { last: range.seconds };
    case 'between':
      return { since: range.since, until: range.until };
  }
}

export function lengthOf(range: TimeRange): number {
  const period = periodOf(range);
  return 'last' in period ? period.last : period.until - period.since;
}

/** In words: `last 6h`, or two moments. */
export function describeRange(range: TimeRange): string {
  if (range.kind === 'between') return formatMoments(range.since, range.until);
  const known = RANGES.find(([, , each]) => isSameRange(each, range));
  return range.kind === 'fit' ? 'last hour' : `last ${known?.[0]}`;
}

export function readTimeRange(parameters: URLSearchParams): TimeRange {
  const since = Number(parameters.get('from'));
  const until = Number(parameters.get('to'));
  if (since > 0 && until > since) return { kind: 'between', since, until };
  const seconds = Number(parameters.get('range'));
  const known = RANGES.find(([, , range]) => range.kind === 'last' && range.seconds === seconds);
  return known?.[2] ?? { kind: 'fit' };
}

export function writeTimeRange(range: TimeRange): readonly (readonly [key: string, value: string])[] {
  switch (range.kind) {
    case 'fit':
      return [];
    case 'last':
      return [['range', String(range.seconds)]];
    case 'between':
      return [
        ['from', String(range.since)],
        ['to', String(range.until)],
      ];
  }
}
