import type { Account } from '@tallykit/exporter-base';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { construct, EMPTY_ACCOUNT, saying, type Backend, type CountingExporter } from './backends.ts';
import type { Configuration, InternalSettings } from './configuration.ts';
import { COMPONENT } from './options.ts';
import type { NeededPackage, Packages } from './packages.ts';
import { periodicReader } from './readers.ts';

const STORE_PACKAGE = '@tallykit/tsdb';

/** The store's finest rollup. */
const STORE_INTERVAL_MILLIS = 10_000;

interface ClosableStore {
  shutdown(options: { readonly timeoutMillis: number }): Promise<void>;
}

/** The package that the store needs. */
export function packageForStore({ redis }: InternalSettings): NeededPackage {
  const install = redis === undefined ? {} : { install: `${STORE_PACKAGE} redis` };
  return { name: STORE_PACKAGE, neededFor: '`internal`', ...install };
}

/**
 * The store of `@tallykit/tsdb`, which gets every name that it is told to keep, whatever the routes say.
 *
 * @param isInternal whether a call said `internal: true` of a name
 * @throws for options that are wrong
 */
export function startStore(
  { redis, store: given, include, ...others }: InternalSettings,
  packages: Packages,
  configuration: Configuration,
  isInternal: (name: string) => boolean,
): Backend & { readonly store: object } {
  const exports = packages.get(STORE_PACKAGE)!;
  return saying(`${COMPONENT}: \`internal\``, () => {
    const store = given ?? construct(exports, 'TimeseriesStore', redis === undefined ? {} : { redis });
    const exporter = construct(exports, 'TimeseriesMetricExporter', {
      ...others,
      include: [...include, isInternal],
      store,
    }) as PushMetricExporter & {
      flush: CountingExporter['flush'];
      stats(): Account;
    };
    return {
      key: 'internal',
      store,
      componentType: 'TimeseriesMetricExporter',
      reader: periodicReader(exporter, STORE_INTERVAL_MILLIS, configuration),
      report: (timeoutMillis) => exporter.flush({ timeoutMillis }),
      stats: () => ({ ...exporter.stats(), events: EMPTY_ACCOUNT }),
      // The exporter's shutdown has tried as long as there was time. Somebody else's store stays open.
      ...(given === undefined && { close: () => (store as ClosableStore).shutdown({ timeoutMillis: 0 }) }),
    };
  });
}
