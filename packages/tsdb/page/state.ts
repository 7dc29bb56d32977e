import { readTimeRange, writeTimeRange, type TimeRange } from './time-range.ts';
import { readView, writeView, type View } from './views.ts';

/** What the cards are sorted by. */
export const ORDERS = ['name', 'size', 'change'] as const;
export type Order = (typeof ORDERS)[number];

/** What is shown. It is kept in the address, so that it can be sent to somebody. */
export interface State {
  search: string;
  group: string;
  range: TimeRange;
  /** Empty: whatever fits the range. */
  resolution: string;
  /** `key:value` */
  tags: string[];
  order: Order;
  /** The charts that stay on top. */
  pins: View[];
  /** The chart that is open. */
  view: View | undefined;
}

export function readState(hash: string): State {
  const text = hash.replace(/^#/, '');
  const parameters = new URLSearchParams(text);
  return {
    search: parameters.get('q') ?? '',
    group: parameters.get('group') ?? '',
    range: readTimeRange(parameters),
    resolution: parameters.get('step') ?? '',
    tags: parameters
      .getAll('tag')
      .filter((tag) => tag.indexOf(':') > 0)
      .reduce<string[]>(withTag, []),
    order: ORDERS.find((order) => order === parameters.get('sort')) ?? 'name',
    pins: parameters.getAll('pin').flatMap((pin) => readView(pin) ?? []),
    view: readView(text),
  };
}

/** Adds a tag, in place of one with the same key: a series has one value for each. */
export function withTag(tags: readonly string[], tag: string): string[] {
  const key = tag.slice(0, tag.indexOf(':') + 1);
  return [...tags.filter((each) => !each.startsWith(key)), tag];
}

export function writeState(state: State): string {
  const parameters = new URLSearchParams();
  if (state.search !== '') parameters.set('q', state.search);
  if (state.group !== '') parameters.set('group', state.group);
  for (const [key, value] of writeTimeRange(state.range)) parameters.set(key, value);
  if (state.resolution !== '') parameters.set('step', state.resolution);
  for (const tag of state.tags) parameters.append('tag', tag);
  if (state.order !== 'name') parameters.set('sort', state.order);
  for (const pin of state.pins) parameters.append('pin', writeView(pin));
  const parts = [parameters.toString(), state.view === undefined ? '' : writeView(state.view)];
  return `#${parts.filter(Boolean).join('&')}`;
}
