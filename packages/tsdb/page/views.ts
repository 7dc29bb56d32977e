import type { MetricInfo } from './api.ts';

/** What one chart shows: one metric or several. */
export interface View {
  /** Keys of metrics: a type and a name, `counter:orders`. A name may be of two types. */
  readonly metrics: readonly string[];
  /** The tag that it is split by; empty for none. */
  readonly split: string;
  readonly isStacked: boolean;
}

export function keyOf({ type, name }: Pick<MetricInfo, 'type' | 'name'>): string {
  return `${type}:${name}`;
}

export function typeOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}

export function nameOf(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

export function viewOf(...metrics: readonly string[]): View {
  return { metrics, split: '', isStacked: false };
}

/** The same text for the same view; part of the page's address. */
export function writeView({ metrics, split, isStacked }: View): string {
  const parameters = new URLSearchParams(metrics.map((metric) => ['metric', metric]));
  if (split !== '') parameters.set('split', split);
  if (isStacked) parameters.set('stack', '1');
  return parameters.toString();
}

/** The view of an address; `undefined` when it names no metric. */
export function readView(text: string): View | undefined {
  const parameters = new URLSearchParams(text);
  const metrics = [...new Set(parameters.getAll('metric').filter((key) => key.includes(':')))];
  if (metrics.length === 0) return undefined;
  return { metrics, split: parameters.get('split') ?? '', isStacked: parameters.has('stack') };
}
