import type { Attributes } from '@opentelemetry/api';
import { isNews, sayOnce } from './refusals.ts';
import type { Cell, MetricRecord } from './registry.ts';

/** A tag's value. It becomes text once, when its series is first seen, so `1` and `'1'` are one series. */
export type TagValue = string | number | boolean | bigint | null | undefined;

/** Tags of a series. A tag whose value is `undefined` or `null` isn't there. */
export type Tags = Readonly<Record<string, TagValue>>;

/** The tags of `withTags` and of the scopes around it: names and values in turns. */
export type Scope = readonly unknown[];

/** Longer values are cut: every series keeps its tags in memory, and no backend takes such tags. */
const MAX_TAG_LENGTH = 1_000;

const OVERFLOW_ATTRIBUTES: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/**
 * A step on the way to a cell: which tag comes next, and with which value. Nothing is sorted, joined or hashed
 * to find a series; calls that name their tags in another order take another way to the same cell.
 */
export class PathNode {
  cell: Cell | undefined;
  /** The tag that nearly every call names next here, and where its values lead. */
  #tag: string | undefined;
  #values: Map<unknown, PathNode> | undefined;
  /** The other tags that calls name next. */
  #others: Map<string, Map<unknown, PathNode>> | undefined;

  next(tag: string, value: unknown): PathNode | undefined {
    return this.#valuesOf(tag)?.get(value);
  }

  /** As `next`, and makes the step if it isn't there. */
  grow(tag: string, value: unknown): PathNode {
    let values = this.#valuesOf(tag);
    if (values === undefined) {
      values = new Map();
      if (this.#tag === undefined) {
        this.#tag = tag;
        this.#values = values;
      } else {
        this.#others ??= new Map();
        this.#others.set(tag, values);
      }
    }
    let node = values.get(value);
    if (node === undefined) {
      node = new PathNode();
      values.set(value, node);
    }
    return node;
  }

  #valuesOf(tag: string): Map<unknown, PathNode> | undefined {
    return this.#tag === tag ? this.#values : this.#others?.get(tag);
  }
}

/** The text of a tag's value; `undefined` for what is no tag value. */
export function tagText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint': {
      const text = String(value);
      return text.length > MAX_TAG_LENGTH ? cut(text) : text;
    }
    default:
      return undefined;
  }
}

function cut(text: string): string {
  const lastUnit = text.charCodeAt(MAX_TAG_LENGTH - 1);
  const splitsPair = lastUnit >= 0xd800 && lastUnit <= 0xdbff;
  return text.slice(0, splitsPair ? MAX_TAG_LENGTH - 1 : MAX_TAG_LENGTH);
}

/** The cell of a series: known, or new within the metric's budget, or the overflow cell beyond it. */
export function cellOf(metric: MetricRecord, tags: ReadonlyMap<string, string>): Cell {
  const sorted = [...tags].sort(([first], [second]) => (first < second ? -1 : 1));
  const key = JSON.stringify(sorted);
  let cell = metric.cells.get(key);
  if (cell !== undefined) return cell;
  // The SDK counts its overflow series as one of the limit, and so do we.
  if (metric.cells.size >= metric.maxSeries - 1) return overflowOf(metric);
  cell = createCell(metric, key, Object.freeze(Object.fromEntries(sorted)));
  metric.cells.set(key, cell);
  return cell;
}

export function overflowOf(metric: MetricRecord): Cell {
  warnOfOverflow(metric);
  return (metric.overflow ??= createCell(metric, '', OVERFLOW_ATTRIBUTES));
}

function createCell(metric: MetricRecord, key: string, attributes: Attributes): Cell {
  const waits = metric.meter.meter === undefined;
  const warm = waits && (metric.kind === 'counter' || metric.kind === 'upDown');
  return { metric, key, attributes, warm, held: 0, calls: 0, idle: 0, gone: false };
}

/** Names the tag that has the most values: nearly always the one that should not be a tag. */
function warnOfOverflow(metric: MetricRecord): void {
  const key = `overflow ${metric.name}`;
  if (!isNews(key)) return;
  const valuesByTag = new Map<string, Set<string>>();
  for (const { attributes } of metric.cells.values()) {
    for (const [tag, value] of Object.entries(attributes)) {
      const values = valuesByTag.get(tag) ?? new Set();
      valuesByTag.set(tag, values.add(String(value)));
    }
  }
  const [tag, values] = [...valuesByTag].reduce(
    (most, other) => (other[1].size > most[1].size ? other : most),
    ['', new Set<string>()],
  );
  const samples = [...values].slice(0, 3).map((value) => `'${value.slice(0, 40)}'`);
  sayOnce(
    key,
    `metric '${metric.name}' has used up its budget of ${metric.maxSeries} series: its tag '${tag}' has ` +
      `${values.size} values (${samples.join(', ')}, …). Further series are added up under ` +
      `otel.metric.overflow=true. Leave the tag out, give it fewer values, or raise maxSeriesPerMetric and the ` +
      `cardinalityLimits of the metric reader.`,
  );
}
