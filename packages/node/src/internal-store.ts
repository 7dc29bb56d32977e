import type { Backend, CountingExporter } from './backend.ts';
import type { Configuration, InternalSettings } from './configuration.ts';
import { construct } from './exporter-packages.ts';
import type { NeededPackage, Packages } from './packages.ts';
import { periodicReader } from './readers.ts';
import { namingSetting } from './setting.ts';

const STORE_PACKAGE = '@tallykit/tsdb';

/** The length of the store's finest buckets. */
const STORE_INTERVAL_MILLIS = 10_000;

interface OwnStore {
  shutdown(options: { readonly timeoutMillis: number }): Promise<void>;
}

/** The package that the store needs. */
export function packageForStore({ redis }: InternalSettings): NeededPackage {
  const install = redis === undefined ? {} : { install: `${STORE_PACKAGE} redis` };
  return { name: STORE_PACKAGE, neededFor: '`internal`', ...install };
}

/**
 * The store of `@tallykit/tsdb`. It gets every name that it is told to keep, whatever the routes say.
 *
 * @param isInternal whether a call recorded a name with `internal: true`
 * @throws OptionError for options that are wrong
 */
export function startStore(
  { redis, store: given, include, ...others }: InternalSettings,
  packages: Packages,
  configuration: Configuration,
  isInternal: (name: string) => boolean,
): Backend & { readonly store: object } {
  const exports = packages.get(STORE_PACKAGE)!;
  return namingSetting('internal', () => {
    const store = given ?? construct(exports, 'TimeseriesStore', redis === undefined ? {} : { redis });
    const exporter = construct(exports, 'TimeseriesMetricExporter', {
      ...others,
      include: [...include, isInternal],
      store,
    }) as CountingExporter & { keeps(name: string): boolean };
    return {
      key: 'internal',
      store,
      componentType: 'TimeseriesMetricExporter',
      ...periodicReader(exporter, STORE_INTERVAL_MILLIS, configuration, (name) => exporter.keeps(name)),
      flush: (options) => exporter.flush(options),
      stats: () => exporter.stats(),
      // A store that was handed in stays open. The reader's shutdown has written to the other one as long as there was time.
      ...(given === undefined && {
        shutdown: (options: { readonly timeoutMillis: number }) => (store as OwnStore).shutdown(options),
      }),
    };
  });
}
