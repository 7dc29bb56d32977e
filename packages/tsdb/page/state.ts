/** What is shown. It is kept in the address, so that a view can be sent to somebody. */
export interface State {
  search: string;
  group: string;
  rangeSeconds: number;
  /** Empty: whatever fits the range. */
  resolution: string;
  /** `key:value` */
  tags: string[];
  /** The metric whose details are open. */
  metric: string;
  /** The tag that its details are split by. */
  split: string;
}

export const RANGES: readonly (readonly [seconds: number, label: string])[] = [
  [900, '15m'],
  [3600, '1h'],
  [21_600, '6h'],
  [86_400, '24h'],
  [604_800, '7d'],
  [2_592_000, '30d'],
  [7_776_000, '90d'],
];

const DEFAULT_RANGE = 3600;

export function readState(hash: string): State {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const range = Number(parameters.get('range'));
  return {
    search: parameters.get('q') ?? '',
    group: parameters.get('group') ?? '',
    rangeSeconds: RANGES.some(([seconds]) => seconds === range) ? range : DEFAULT_RANGE,
    resolution: parameters.get('step') ?? '',
    tags: parameters.getAll('tag').filter((tag) => tag.indexOf(':') > 0),
    metric: parameters.get('metric') ?? '',
    split: parameters.get('split') ?? '',
  };
}

export function writeState(state: State): string {
  const parameters = new URLSearchParams();
  const set = (key: string, value: string): void => {
    if (value !== '') parameters.set(key, value);
  };
  set('q', state.search);
  set('group', state.group);
  if (state.rangeSeconds !== DEFAULT_RANGE) set('range', String(state.rangeSeconds));
  set('step', state.resolution);
  for (const tag of state.tags) parameters.append('tag', tag);
  set('metric', state.metric);
  set('split', state.split);
  return `#${parameters}`;
}
