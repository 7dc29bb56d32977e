import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import type { Backend } from './backend.ts';
import { CallCount } from './call-count.ts';
import type { InternalSettings } from './internal-settings.ts';
import { periodicReader } from './readers.ts';
import { namingSetting } from './setting.ts';
import type { BackendContext } from './start-backend.ts';

/** The length of the store's finest buckets. */
const STORE_INTERVAL_MILLIS = 10_000;

/**
 * The store of `@tallykit/tsdb`. It gets every name that it is told to keep, whatever the routes say.
 *
 * @param isInternal whether a call recorded a name with `internal: true`
 * @throws OptionError for options that are wrong
 */
export function startStore(
  settings: InternalSettings,
  context: BackendContext,
  isInternal: (name: string) => boolean,
): Backend & { readonly store: TimeseriesStore } {
  const { redis, rollups, maxSeries, maxBytes, idleSeconds, histogramBuckets, ...ofExporter } = settings;
  const { store: given, include, settingName, ...others } = ofExporter;
  return namingSetting(settingName, () => {
    const store =
      given ??
      new TimeseriesStore(defined({ redis, rollups, maxSeries, maxBytes, idleSeconds, histogramBuckets }));
    const exporter = new TimeseriesMetricExporter({ ...others, include: [...include, isInternal], store });
    const calls = new CallCount(context.recordedCalls, () => exporter.stats().pending.points > 0);
    return {
      key: 'internal',
      store,
      componentType: 'TimeseriesMetricExporter',
      sink: exporter,
      // What is in memory ends with the process.
      ...(redis !== undefined && { calls }),
      ...periodicReader(exporter, STORE_INTERVAL_MILLIS, calls, context, (name) => exporter.keeps(name)),
      flush: (options) => exporter.flush(options),
      stats: () => exporter.stats(),
      health: () => exporter.health(),
      // A store that was handed in stays open.
      async shutdown(options) {
        await exporter.shutdown(options);
        if (given === undefined) await store.shutdown(options);
      },
    };
  });
}

function defined<Options extends object>(
  options: Options,
): { [Name in keyof Options]: NonNullable<Options[Name]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
