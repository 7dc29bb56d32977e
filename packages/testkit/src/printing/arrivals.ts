import { AgentSketch } from '../parsers/agent-sketch.ts';
import { parseDogStatsdPayload, type ParsedDogStatsd } from '../parsers/strict-dogstatsd-parser.ts';
import { parseStatsdLine, type StatsdTagStyle } from '../parsers/strict-statsd-parser.ts';
import type { DatadogRequest } from '../servers/fake-datadog-intake.ts';
import { printable } from './text.ts';

/** What kind of values a series has. */
export type ArrivalType = 'count' | 'gauge' | 'timing' | 'distribution';

/** What one payload has brought for one series. */
export interface SeriesArrival {
  readonly kind: 'series';
  readonly type: ArrivalType;
  readonly name: string;
  /** As `key:value`, sorted, with commas between. */
  readonly tags: string;
  /** The increase of a count, the value of a gauge, or how many values a distribution has got. */
  readonly amount: number;
  /** The values of a timing or a distribution. */
  readonly sketch?: AgentSketch;
}

/** An event, a service check, or something that can't be read. */
export interface TextArrival {
  readonly kind: 'event' | 'check' | 'bad';
  readonly text: string;
}

/** One thing that has arrived. */
export type Arrival = SeriesArrival | TextArrival;

const STYLES: readonly StatsdTagStyle[] = ['dogstatsd', 'graphite', 'influx', 'signalfx', 'librato', 'none'];

/**
 * What is in a payload of lines, in the order in which each series begins.
 *
 * @param dialect the only dialect to accept; without one, whatever one of the strict parsers accepts
 */
export function arrivalsOfLines(payload: string, dialect: StatsdTagStyle | undefined): Arrival[] {
  const grouped = new Grouped();
  // Many clients end the last line, and no server minds.
  for (const line of payload.replace(/\n$/, '').split('\n')) addLine(grouped, line, dialect);
  return grouped.arrivals;
}

/** What is in a request to Datadog's API. */
export function arrivalsOfRequest(request: DatadogRequest): Arrival[] {
  const { method, path, status, error, content } = request;
  const grouped = new Grouped();
  if (error !== undefined) {
    grouped.add({ kind: 'bad', text: printable(`${method} ${path} answered with ${status}: ${error}`) });
  }
  for (const { metric, type, tags, host, interval, points } of content.series) {
    const place = { name: metric, tags: tagList([...tags, ...(host === '' ? [] : [`host:${host}`])]) };
    for (const { value } of points) {
      if (type === 'count') grouped.addCount(place, value);
      else if (type === 'rate') grouped.addCount(place, value * interval);
      else grouped.addGauge(place, value);
    }
  }
  for (const sketch of content.sketches) {
    grouped.sketchOf('distribution', { name: sketch.metric, tags: tagList(sketch.tags) }).addBins(sketch);
  }
  for (const { metric, tags, points } of content.distributions) {
    const sketch = grouped.sketchOf('distribution', { name: metric, tags: tagList(tags) });
    for (const { values } of points) for (const value of values) sketch.insert(value);
  }
  for (const { title, text, tags } of content.events) grouped.add(eventOf(title, text, tagList(tags)));
  return grouped.arrivals;
}

interface Place {
  readonly name: string;
  readonly tags: string;
}

/** An arrival that is being put together. */
type Draft = { -readonly [Name in keyof SeriesArrival]: SeriesArrival[Name] };

/** Puts together what a payload has for the same series. */
class Grouped {
  readonly #series = new Map<string, Draft>();
  readonly #texts: TextArrival[] = [];

  get arrivals(): Arrival[] {
    return [...this.#series.values(), ...this.#texts].map((one) =>
      one.kind === 'series' && one.sketch !== undefined ? { ...one, amount: one.sketch.count } : one,
    );
  }

  add(text: TextArrival): void {
    this.#texts.push(text);
  }

  addCount(place: Place, increase: number): void {
    this.#of('count', place).amount += increase;
  }

  addGauge(place: Place, value: number): void {
    this.#of('gauge', place).amount = value;
  }

  sketchOf(type: 'timing' | 'distribution', place: Place): AgentSketch {
    return (this.#of(type, place).sketch ??= new AgentSketch());
  }

  #of(type: ArrivalType, { name, tags }: Place): Draft {
    const key = JSON.stringify([type, name, tags]);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series: Draft = { kind: 'series', type, name: printable(name), tags: printable(tags), amount: 0 };
    this.#series.set(key, series);
    return series;
  }
}

function addLine(grouped: Grouped, line: string, dialect: StatsdTagStyle | undefined): void {
  const styles = dialect === undefined ? STYLES : [dialect];
  const complaints: string[] = [];
  if (styles.includes('dogstatsd')) {
    const read = attempt(() => parseDogStatsdPayload(line), complaints);
    if (read !== undefined) return read.forEach((one) => addDogStatsd(grouped, one));
  }
  for (const style of styles) {
    const read = attempt(() => parseStatsdLine(line, style), complaints);
    if (read === undefined) continue;
    const { type, name, value, rate } = read;
    const place = { name, tags: tagsText(read.tags) };
    if (type === 'c') grouped.addCount(place, value / rate);
    else if (type === 'g') grouped.addGauge(place, value);
    else grouped.sketchOf('timing', place).insert(value, rate);
    return;
  }
  const [complaint = ''] = complaints;
  grouped.add({ kind: 'bad', text: printable(complaint + otherStyle(line, dialect)) });
}

function addDogStatsd(grouped: Grouped, read: ParsedDogStatsd): void {
  const tags = tagsText(read.tags);
  if (read.kind === 'event') return grouped.add(eventOf(read.title, read.text, tags));
  if (read.kind === 'check') {
    const message = read.message === undefined ? '' : `: ${read.message}`;
    return grouped.add({
      kind: 'check',
      text: printable(`${read.name} is ${read.status}${message} ${tags}`.trim()),
    });
  }
  const place = { name: read.name, tags };
  for (const value of read.values) {
    if (read.type === 'c') grouped.addCount(place, value / read.rate);
    else if (read.type === 'g') grouped.addGauge(place, value);
    else grouped.sketchOf(read.type === 'ms' ? 'timing' : 'distribution', place).insert(value, read.rate);
  }
}

function attempt<Value>(read: () => Value, complaints: string[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    complaints.push((error as Error).message);
    return undefined;
  }
}

/** Says which dialect a line has, where only another one is accepted. */
function otherStyle(line: string, dialect: StatsdTagStyle | undefined): string {
  if (dialect === undefined) return '';
  const style = STYLES.find((one) => attempt(() => parseStatsdLine(line, one), []) !== undefined);
  return style === undefined ? '' : `; it is of the dialect ${style}, and not ${dialect}`;
}

function eventOf(title: string, text: string, tags: string): TextArrival {
  const body = text === '' ? '' : `: ${text}`;
  return { kind: 'event', text: printable(`${title}${body} ${tags}`).trim() };
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  return tagList(Object.entries(tags).map(([key, value]) => (value === '' ? key : `${key}:${value}`)));
}

function tagList(tags: readonly string[]): string {
  return tags.toSorted().join(',');
}
