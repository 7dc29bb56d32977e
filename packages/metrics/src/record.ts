import { reasonOf } from './describe.ts';
import { refuse } from './refuse.ts';
import type { Cell } from './registry.ts';
import { fromMillis } from './time-unit.ts';

/** How many timings and distributions are kept, in all, while there is no MeterProvider. */
const MAX_BACKLOG = 10_000;

/**
 * How many values of a histogram a cell holds before readers sort them into buckets. Most series have fewer between two
 * collections, and need no buckets of their own.
 */
export const MAX_VALUES = 40;

/** Records one value in a cell that can't just add it. */
export function record(cell: Cell, value: number): void {
  const { metric } = cell;
  const { meter } = metric;
  if (meter.registry.readers !== undefined) {
    hold(cell, value, 1);
    return;
  }
  cell.idleCollections = 0;
  if (meter.apiMeter === undefined) {
    keep(cell, value);
  } else if (metric.holds && meter.draining !== undefined) {
    // A collection has begun, and its end time is set. A point that starts now would start after its own end.
    cell.held += value;
    cell.calls += 1;
    meter.late.add(cell);
  } else {
    // The first value of a series goes to the instrument at once, so that the start time of its point is the time of this
    // call and not the time of the collection.
    write(cell, value, 1);
    cell.canHold = metric.holds;
  }
}

/**
 * Records a duration in the unit of the metric.
 *
 * @returns whether the metric takes durations
 */
export function recordTiming(cell: Cell, milliseconds: number): boolean {
  const { timeUnit, name, unit, meter } = cell.metric;
  if (timeUnit === undefined) {
    refuse(
      meter.registry,
      'bad-unit',
      name,
      `'${name}' has the unit '${unit}' since its first call, so it takes no timings: give them another name`,
    );
    return false;
  }
  record(cell, fromMillis(milliseconds, timeUnit));
  return true;
}

/** Holds a value in its cell until a reader takes it. */
function hold(cell: Cell, value: number, calls: number): void {
  const { kind, meter } = cell.metric;
  const readers = meter.registry.readers!;
  if (!readers.isOpen) {
    refuseUnread(cell, calls);
    return;
  }
  cell.calls += calls;
  if (kind === 'gauge') {
    cell.held = value;
  } else if (kind === 'histogram') {
    cell.values ??= noValues();
    if (cell.values.length >= MAX_VALUES) readers.takeValues(cell);
    cell.values.push(value);
  } else {
    cell.held += value;
  }
}

/** An empty array that V8 takes for one of numbers with fractions from the start, so that it never has to convert it. */
function noValues(): number[] {
  const values = [0.5];
  values.length = 0;
  return values;
}

function refuseUnread({ metric }: Cell, calls: number): void {
  refuse(
    metric.meter.registry,
    'no-reader',
    '',
    `'${metric.name}' is recorded for producers that have all left their readers, so nobody collects it: make new ones and ` +
      'name them in `producers`, or leave `producers` out',
    calls,
  );
}

/** Keeps a value until there is somewhere to go. */
function keep(cell: Cell, value: number): void {
  const { registry } = cell.metric.meter;
  if (cell.metric.kind === 'gauge') {
    cell.held = value;
    cell.calls += 1;
  } else if (cell.metric.kind === 'histogram') {
    if (registry.backlog.length < MAX_BACKLOG) {
      registry.backlog.push([cell, value]);
    } else {
      refuse(
        registry,
        'no-provider',
        '',
        `${MAX_BACKLOG} timings and distributions were recorded before a MeterProvider was registered; further ones ` +
          `are lost until there is one. Register it early, or hand it to createMetrics({ meterProvider }).`,
      );
    }
  } else {
    cell.held += value;
    cell.calls += 1;
  }
}

/**
 * Hands a value to the instrument, or to the cell where readers collect from it.
 *
 * @param calls how many calls the value stands for
 */
export function write(cell: Cell, value: number, calls: number): void {
  const { meter, write: writeToInstrument, overflow } = cell.metric;
  const { registry } = meter;
  if (registry.readers !== undefined) {
    hold(cell, value, calls);
    return;
  }
  try {
    writeToInstrument?.(value, cell.attributes);
    registry.handed += calls;
    if (cell === overflow) registry.overflowed += calls;
  } catch (error) {
    refuse(
      registry,
      'error',
      cell.metric.name,
      `the MeterProvider refused a value of '${cell.metric.name}': ${reasonOf(error)}`,
      calls,
    );
  }
}
