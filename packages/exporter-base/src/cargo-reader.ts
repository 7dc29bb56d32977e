import type { Attributes } from '@opentelemetry/api';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { AttributesMap } from './attributes-map.ts';
import { DerivedNames, type DerivedSeries } from './derived-names.ts';
import type { Refusal } from './ledger.ts';
import { isRefusal, isTime, malformed, type Metric, type Value } from './points.ts';
import { amountAt, commonOf, nameOf, valueAt, type Received, type ReceivedMetric } from './received.ts';
import { say } from './say.ts';
import { SeriesCargo, type SeriesGroup, type Slot, type Translate, type WireMetric } from './series.ts';
import type { TagWriter } from './tags.ts';
import { reasonOf } from './transport.ts';

/** What becomes of points that make no series. */
export interface PointListener {
  /** They have nothing to say, for example increases of zero. */
  nothing(points: number, amount: number): void;
  /** @param what names them, for people */
  refused(points: number, amount: number, what: string, refusal: Refusal): void;
}

/** A place between two steps of long work where the event loop may have its turn. */
export const REST = 'rest';

/** Points between two such places. */
const STEPS_PER_REST = 32;

/** How many series are handed over at once: what is gone should not stay in memory because of what is not. */
const CARGO_AT_ONCE = 128;

/** All metrics that have one name, type and unit on the wire. */
class Group implements SeriesGroup {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  baseName: string;
  formerOwner: string | undefined = undefined;
  checkedVersion = 0;
  /** What is to be read in this export. */
  sources: Source[] = [];
  /** What is to be sent. */
  cargo: SeriesCargo[] = [];
  readonly #slots = new Map<string, Slot>();
  /** By their attributes, as far as one writer wrote their tags. */
  readonly #known = new AttributesMap<Slot>();
  #writer: TagWriter | undefined;
  /** The number of the export with which the reading began that is under way, or was the last. */
  #firstExport = 0;
  /** What that reading brought. */
  #points = 0;
  #usedSlots = 0;

  constructor({ type, name, unit }: Pick<SeriesGroup, 'type' | 'name' | 'unit'>) {
    this.type = type;
    this.name = name;
    this.unit = unit;
    this.baseName = name;
  }

  /** Begins to read exports. What the reading before didn't bring is forgotten when it is the larger part. */
  beginReading(firstExport: number): void {
    if (this.#firstExport === firstExport) return;
    if (this.#usedSlots * 2 < this.#slots.size) this.#tidy();
    // Many attributes may be one series, where tags are left out, and frozen ones may be others each time.
    if (this.#points * 2 < this.#known.size) this.#known.clear();
    this.#known.restart();
    this.#firstExport = firstExport;
    this.#points = 0;
    this.#usedSlots = 0;
  }

  /** @returns whether it is the series' first point in this export */
  take(source: Source, { attributes, startTime, endTime }: DataPoint<unknown>, value: Value): boolean {
    const slot = this.#slotOf(source.wire.tags, attributes);
    this.#points += 1;
    const isFirst = slot.lastExport !== source.exportNumber;
    if (slot.lastExport < this.#firstExport) this.#usedSlots += 1;
    slot.lastExport = source.exportNumber;
    if (slot.waiting === undefined) {
      slot.waiting = new SeriesCargo(this, slot, value, startTime, endTime);
      this.cargo.push(slot.waiting);
    } else {
      slot.waiting.add(value, startTime, endTime);
    }
    return isFirst;
  }

  /** Leaves out what was planned and not read. */
  abandon(): void {
    for (const { slot } of this.cargo) slot.waiting = undefined;
    this.cargo = [];
    this.sources = [];
  }

  #tidy(): void {
    for (const [tags, { lastExport, waiting }] of this.#slots) {
      if (lastExport < this.#firstExport && waiting === undefined) this.#slots.delete(tags);
    }
    // The attributes of the others are found again with the next point.
    this.#known.clear();
  }

  #slotOf(writer: TagWriter, attributes: Attributes): Slot {
    if (writer !== this.#writer) {
      this.#writer = writer;
      this.#known.clear();
    }
    const known = this.#known.get(attributes);
    if (known !== undefined) return known;
    const tags = writer.write(attributes);
    let slot = this.#slots.get(tags);
    if (slot === undefined) {
      slot = { tags, waiting: undefined, lastExport: 0 };
      this.#slots.set(tags, slot);
    }
    this.#known.add(attributes, slot);
    return slot;
  }
}

/** A metric of an export. */
interface Source {
  readonly metric: ReceivedMetric;
  readonly wire: WireMetric;
  readonly exportNumber: number;
}

/**
 * Makes series of points: names them as they are called on the wire, and merges those that are equal there. Remembers the
 * tags of attributes objects that never change, and of each series what is not sent yet.
 */
export class CargoReader {
  readonly #component: string;
  readonly #translator: (resource: Attributes) => Translate;
  readonly #groups = new Map<string, Group>();
  readonly #derivedNames: DerivedNames | undefined;
  /** Of the resource that came last: nearly always there is only one, and its attributes never change. */
  #translate: Translate | undefined;
  #attributes: Attributes | undefined;
  #exports = 0;
  #saidCollision = false;

  constructor(component: string, translator: (resource: Attributes) => Translate, derived?: DerivedSeries) {
    this.#component = component;
    this.#translator = translator;
    if (derived !== undefined) this.#derivedNames = new DerivedNames(component, derived);
  }

  /**
   * The series of several exports together, and of what waits from earlier ones: those of one group at a time. They are
   * waiting until `slot.waiting` is taken away; until then, further points go into them.
   */
  *read(
    exports: readonly Received[],
    waiting: Iterable<SeriesCargo>,
    listener: PointListener,
  ): Generator<readonly SeriesCargo[] | typeof REST> {
    const planned = new Set<Group>();
    let steps = 0;
    try {
      yield* this.#plan(planned, exports, waiting, listener);
      for (const group of planned) {
        for (const source of group.sources) {
          for (let index = 0; index < source.metric.points; index += 1) {
            this.#readPoint(group, source, index, listener);
            steps += 1;
            if (steps % STEPS_PER_REST === 0) yield REST;
          }
        }
        group.sources = [];
        while (group.cargo.length > 0) yield group.cargo.splice(0, CARGO_AT_ONCE);
      }
    } finally {
      // There is something left only when nobody wants the rest.
      for (const group of planned) group.abandon();
    }
  }

  /** Finds out which groups there are, so that series of one name in two scopes or exports meet before they are sent. */
  *#plan(
    planned: Set<Group>,
    exports: readonly Received[],
    waiting: Iterable<SeriesCargo>,
    listener: PointListener,
  ): Generator<typeof REST> {
    let steps = 0;
    for (const cargo of waiting) {
      const group = cargo.group as Group;
      group.cargo.push(cargo);
      planned.add(group);
      steps += 1;
      if (steps % STEPS_PER_REST === 0) yield REST;
    }
    const firstExport = this.#exports + 1;
    for (const { resource, metrics } of exports) {
      this.#exports += 1;
      let known: Translate | undefined;
      const translate = (metric: Metric) => (known ??= this.#translatorOf(resource))(metric);
      for (const metric of metrics) {
        const group = this.#planMetric(metric, translate, listener);
        if (group !== undefined) {
          group.beginReading(firstExport);
          planned.add(group);
        }
        steps += 1;
        if (steps % STEPS_PER_REST === 0) yield REST;
      }
    }
    if (exports.length > 0 && planned.size * 2 < this.#groups.size) {
      for (const [key, group] of this.#groups) if (!planned.has(group)) this.#groups.delete(key);
    }
    if (this.#derivedNames !== undefined) this.#nameDerived(this.#derivedNames, planned);
  }

  /** All metrics are known now, and nothing is formatted yet. */
  #nameDerived(names: DerivedNames, planned: ReadonlySet<Group>): void {
    for (const group of planned) if (group.type === 'histogram') names.settle(group);
    names.tidy(this.#groups.values());
  }

  /** @returns the group that the metric's points belong to, unless they are refused */
  #planMetric(metric: ReceivedMetric, translate: Translate, listener: PointListener): Group | undefined {
    let refusal: Refusal;
    try {
      const common = commonOf(metric);
      const wire = isRefusal(common) ? common : translate(common);
      if (!isRefusal(wire)) {
        const { type, unit } = common as Metric;
        const group = this.#groupOf(type, wire.name, unit);
        group.sources.push({ metric, wire, exportNumber: this.#exports });
        return group;
      }
      refusal = wire;
    } catch (error) {
      refusal = untranslatable(error);
    }
    if (metric.points > 0) listener.refused(metric.points, metric.amount, nameOf(metric), refusal);
    return undefined;
  }

  #translatorOf(attributes: Attributes): Translate {
    if (this.#translate === undefined || this.#attributes !== attributes) {
      this.#translate = this.#translator(attributes);
      this.#attributes = attributes;
    }
    return this.#translate;
  }

  /** Histograms of two units can't be added bucket by bucket. */
  #groupOf(type: Metric['type'], name: string, unit: string): Group {
    const key = type === 'histogram' ? `${type}\n${JSON.stringify(unit)}\n${name}` : `${type}\n${name}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group({ type, name, unit });
      if (type !== 'histogram') group.formerOwner = this.#derivedNames?.claimOwn(name);
      this.#groups.set(key, group);
    }
    return group;
  }

  #readPoint(group: Group, source: Source, index: number, listener: PointListener): void {
    const { metric, wire } = source;
    let refusal: Refusal;
    try {
      const value = valueAt(metric, index);
      const dataPoint = metric.dataPoints[index]!;
      const verdict = isRefusal(value) ? value : (wrongIn(dataPoint) ?? wire.judge(value));
      if (verdict === undefined) {
        const isFirst = group.take(source, dataPoint, value as Value);
        // Sums and histograms of one name add up to the right total; of several gauges only one can stay.
        if (!isFirst && group.type === 'gauge') this.#sayCollision(group.name);
        return;
      }
      if (verdict === 'nothing') {
        listener.nothing(1, amountAt(metric, index));
        return;
      }
      refusal = verdict;
    } catch (error) {
      refusal = untranslatable(error);
    }
    listener.refused(1, amountAt(metric, index), nameOf(metric), refusal);
  }

  #sayCollision(name: string): void {
    if (this.#saidCollision) return;
    this.#saidCollision = true;
    say(
      'warn',
      `${this.#component}: several gauges are all called ${name} on the wire, and only the last one is sent: they ` +
        'differ only in scope, or in what was replaced or left out. Give them different names or tags. Said once.',
    );
  }
}

function untranslatable(error: unknown): Refusal {
  return malformed(`it could not be translated: ${reasonOf(error)}`);
}

/** What of a point no SDK makes, besides its value. */
function wrongIn({ attributes, startTime, endTime }: DataPoint<unknown>): Refusal | undefined {
  if (typeof attributes !== 'object' || attributes === null) return NO_ATTRIBUTES;
  return isTime(startTime) && isTime(endTime) ? undefined : NO_TIMES;
}

const NO_ATTRIBUTES = malformed('its attributes are no object');

const NO_TIMES = malformed('its times are none');
