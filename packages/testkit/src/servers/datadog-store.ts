import { AgentSketch } from '../parsers/agent-sketch.ts';
import type { DatadogContent } from '../parsers/datadog-content.ts';

/** How old and how far ahead a point may be, in seconds (Datadog API, "Submit metrics"). */
const MAX_AGE_SECONDS = 3600;
const MAX_AHEAD_SECONDS = 600;

interface StoredPoint {
  readonly metric: string;
  readonly tags: readonly string[];
  readonly type: string;
  /** In seconds. */
  readonly interval: number;
  readonly value: number;
  readonly timestamp: number;
}

/** Keeps what Datadog keeps of the metrics that it accepts. */
export class DatadogStore {
  /** By series and second: a later point replaces an earlier one. */
  readonly #points = new Map<string, StoredPoint>();
  readonly #distributions = new Map<
    string,
    { tags: readonly string[]; metric: string; sketch: AgentSketch }
  >();

  add({ series, sketches, distributions }: DatadogContent, nowSeconds: number): void {
    const isInTime = ({ timestamp }: { readonly timestamp: number }) =>
      timestamp >= nowSeconds - MAX_AGE_SECONDS && timestamp <= nowSeconds + MAX_AHEAD_SECONDS;
    for (const { metric, type, interval, host, tags, points } of series) {
      for (const { timestamp, value } of points.filter(isInTime)) {
        const key = JSON.stringify([metric, host, tags.toSorted(), timestamp]);
        this.#points.set(key, { metric, tags, type, interval, value, timestamp });
      }
    }
    for (const sketch of sketches.filter(isInTime)) this.#sketchOf(sketch).addBins(sketch);
    for (const one of distributions) {
      for (const { values } of one.points.filter(isInTime))
        for (const value of values) this.#sketchOf(one).insert(value);
    }
  }

  count(metric: string, tags: Readonly<Record<string, string>> = {}): number {
    let sum = 0;
    for (const { type, value, interval } of this.#matching(metric, tags)) {
      if (type === 'count') sum += value;
      else if (type === 'rate') sum += value * interval;
    }
    return sum;
  }

  gauge(metric: string, tags: Readonly<Record<string, string>> = {}): number | undefined {
    const points = this.#matching(metric, tags).filter(({ type }) => type === 'gauge');
    return points.toSorted((first, second) => first.timestamp - second.timestamp).at(-1)?.value;
  }

  distribution(metric: string, tags: Readonly<Record<string, string>> = {}): AgentSketch {
    const merged = new AgentSketch();
    for (const one of this.#distributions.values())
      if (one.metric === metric && hasTags(one.tags, tags)) merged.merge(one.sketch);
    return merged;
  }

  #matching(metric: string, tags: Readonly<Record<string, string>>): StoredPoint[] {
    return [...this.#points.values()].filter((one) => one.metric === metric && hasTags(one.tags, tags));
  }

  #sketchOf({
    metric,
    host,
    tags,
  }: {
    readonly metric: string;
    readonly host: string;
    readonly tags: readonly string[];
  }): AgentSketch {
    const key = JSON.stringify([metric, host, tags.toSorted()]);
    const known = this.#distributions.get(key);
    if (known !== undefined) return known.sketch;
    const sketch = new AgentSketch();
    this.#distributions.set(key, { metric, tags, sketch });
    return sketch;
  }
}

function hasTags(tags: readonly string[], wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags.includes(`${key}:${value}`));
}
