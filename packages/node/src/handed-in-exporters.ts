import { GivenOptions, reasonOf } from '@tallykit/exporter-base';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { isHandedIn, type Destination } from './destination.ts';
import type { ExporterSource } from './backend-settings.ts';
import { COMPONENT } from './options.ts';
import { settingError } from './setting.ts';

/** The exporters that run, by the keys of their destinations. */
export type RunningExporters = ReadonlyMap<string, PushMetricExporter>;

const ACCEPTED =
  "one of OpenTelemetry's push metric exporters, or a function that returns one or its promise";

/**
 * Reads the option `exporters`.
 *
 * @throws OptionError for what is neither an exporter nor a function
 */
export function readExporters(value: unknown): ReadonlyMap<string, ExporterSource> {
  if (value === undefined) return new Map();
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const given = new GivenOptions(COMPONENT, value, names, 'exporters');
  return new Map(
    names.map((name) => {
      const source = given.raw(name);
      if (typeof source !== 'function' && !isExporter(source)) throw given.error(name, ACCEPTED);
      return [name, source as ExporterSource];
    }),
  );
}

/**
 * Makes the exporters that functions make, of the destinations that were chosen.
 *
 * @throws OptionError for what is no exporter, and an error for a function that throws. What was made by then is shut down
 */
export async function makeExporters(destinations: readonly Destination[]): Promise<RunningExporters> {
  const exporters = new Map<string, PushMetricExporter>();
  const made: PushMetricExporter[] = [];
  try {
    for (const { key, source, settingName } of destinations.filter(isHandedIn)) {
      if (typeof source !== 'function') {
        exporters.set(key, source);
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop -- in their order, so that the same start always fails the same way
      const exporter = await make(source, settingName);
      made.push(exporter);
      exporters.set(key, exporter);
    }
  } catch (error) {
    await Promise.allSettled(made.map(async (exporter) => exporter.shutdown()));
    throw error;
  }
  return exporters;
}

async function make(source: () => unknown, name: string): Promise<PushMetricExporter> {
  let value: unknown;
  try {
    value = await source();
  } catch (error) {
    throw new Error(`${COMPONENT}: \`${name}\` could not be made: ${reasonOf(error)}`, { cause: error });
  }
  if (isExporter(value)) return value;
  throw settingError({ name, value }, "a function that returns one of OpenTelemetry's push metric exporters");
}

function isExporter(value: unknown): value is PushMetricExporter {
  const { export: handOver, forceFlush, shutdown } = (value ?? {}) as Partial<PushMetricExporter>;
  return [handOver, forceFlush, shutdown].every((method) => typeof method === 'function');
}
