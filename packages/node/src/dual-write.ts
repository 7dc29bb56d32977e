import { GivenOptions } from '@tallykit/exporter-base';
import type { BackendOptions } from './backend-names.ts';
import { destinationOf, type DestinationContext, type Destinations } from './destination.ts';
import { COMPONENT } from './options.ts';
import { routesOf, type Routes, type Takes } from './routes.ts';
import { settingError, type Setting } from './setting.ts';

const DUAL_WRITE_NAMES = ['primary', 'secondary', 'experimental', 'routes'] as const;
const ROUTE_NAMES = ['secondary', 'both', 'bothDistributions'] as const satisfies readonly (keyof Routes)[];

const takesAll: Takes = () => true;

/**
 * Reads a primary and a secondary backend, `DualWrite`.
 *
 * @throws OptionError for options that are wrong
 */
export function readDualWrite({ name, value }: Setting<unknown>, context: DestinationContext): Destinations {
  const given = new GivenOptions(COMPONENT, value, DUAL_WRITE_NAMES, name);
  const routes = readRoutes({ name: `${name}.routes`, value: given.raw('routes') });
  const chosen = [
    { key: 'primary', takes: routes.primary },
    { key: 'secondary', takes: routes.secondary },
    ...(given.has('experimental') ? [{ key: 'experimental', takes: takesAll } as const] : []),
  ] as const;
  const backends = chosen.map(({ key, takes }) => {
    const { backend, options } = readChoice({ name: `${name}.${key}`, value: given.raw(key) });
    const { destination, isSentry } = destinationOf(backend, key, options, context);
    return { destination: { ...destination, takes }, isSentry };
  });
  return {
    list: backends.map(({ destination }) => destination),
    isSentry: backends.some(({ isSentry }) => isSentry),
  };
}

function readRoutes({ name, value = {} }: Setting<unknown>) {
  const given = new GivenOptions(COMPONENT, value, ROUTE_NAMES, name);
  const routes = ROUTE_NAMES.map((route) => [route, given.texts(route) ?? []] as const);
  return routesOf(Object.fromEntries(routes));
}

/** One of the backends: a name, or `{ backend, options }`. */
function readChoice({ name, value }: Setting<unknown>): {
  readonly backend: Setting<string>;
  readonly options: readonly Setting<BackendOptions>[];
} {
  if (typeof value === 'string') return { backend: { name, value }, options: [] };
  if (value === undefined) {
    throw settingError({ name, value }, 'given: the name of a backend, or { backend, options }');
  }
  const given = new GivenOptions(COMPONENT, value, ['backend', 'options'], name);
  const backend = given.text('backend');
  if (backend === undefined) throw given.error('backend', 'the name of a backend');
  const options = given.object('options');
  return {
    backend: { name: `${name}.backend`, value: backend },
    options: options === undefined ? [] : [{ name: `${name}.options`, value: options }],
  };
}
