import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';

/** Points that are in order stand among the others, one for each export. */
export const GOOD = 'good';

function fail(): never {
  throw new Error('nobody may look');
}

/** Stands for what fast-check can't carry. */
type Stand = 'an unusable object' | 'an object with an unusable field' | 'an array of wrong length';

const STANDS: Readonly<Record<Stand, () => unknown>> = {
  'an unusable object': () =>
    new Proxy(
      {},
      { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
    ),
  'an object with an unusable field': () =>
    Object.defineProperty({ a: 'x' }, 'b', { enumerable: true, get: fail }),
  'an array of wrong length': () =>
    new Proxy([], { get: (list, key) => (key === 'length' ? -1.5 : (list as never)[key]) }),
};

const junk = fc.constantFrom<unknown>(
  ...[undefined, null, true, 'text', '7', 7n, Symbol('s'), {}, []],
  ...Object.keys(STANDS),
);

const numbers = fc.oneof(
  fc.integer({ min: -5, max: 1000 }),
  fc.constantFrom(
    Number.NaN,
    Infinity,
    -Infinity,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    5e-324,
    -0,
    0.5,
    2 ** 40,
  ),
);

const sometimes = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: usual },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: numbers },
  );

/** Objects that lack some of these fields. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record(fields) },
    { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) },
  );

const counts = fc.array(sometimes(fc.nat(3)), { maxLength: 4 });

const half = some({
  offset: sometimes(fc.integer({ min: -2000, max: 2000 })),
  bucketCounts: sometimes(counts),
});

const histograms = some({
  count: sometimes(fc.nat(4)),
  sum: sometimes(numbers),
  min: sometimes(numbers),
  max: sometimes(numbers),
  buckets: sometimes(
    some({
      boundaries: sometimes(fc.array(numbers, { maxLength: 3 })),
      counts: sometimes(counts),
    }),
  ),
  scale: sometimes(fc.integer({ min: -12, max: 22 })),
  zeroCount: sometimes(fc.nat(2)),
  positive: sometimes(half),
  negative: sometimes(half),
});

const times = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.integer({ min: 1_700_000_000, max: 1_700_000_100 }), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(numbers, numbers) },
  { weight: 1, arbitrary: junk },
);

const attributes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), sometimes(fc.constantFrom('x', 'y'))),
  },
  { weight: 1, arbitrary: junk },
);

const dataPoints = fc.array(
  sometimes(
    some({ value: sometimes(fc.oneof(numbers, histograms)), attributes, startTime: times, endTime: times }),
  ),
  { maxLength: 5 },
);

const descriptors = some({
  name: sometimes(fc.constantFrom('n', 'm', '')),
  unit: sometimes(fc.constantFrom('', 'ms', 's\n')),
  description: sometimes(fc.constant('')),
});

const metrics = some({
  descriptor: sometimes(descriptors),
  dataPointType: sometimes(
    fc.constantFrom(...Object.values(DataPointType).filter((type) => typeof type === 'number')),
  ),
  aggregationTemporality: sometimes(
    fc.constantFrom(
      AggregationTemporality.DELTA,
      AggregationTemporality.DELTA,
      AggregationTemporality.CUMULATIVE,
    ),
  ),
  isMonotonic: sometimes(fc.boolean()),
  dataPoints: sometimes(dataPoints),
});

const scopes = some({
  scope: sometimes(fc.constant({ name: 'shop' })),
  metrics: sometimes(fc.array(sometimes(metrics), { maxLength: 4 })),
});

/** Makes what no SDK hands to `export`, with one counter among it that is in order. */
export interface HostileExport {
  readonly metrics: ResourceMetrics;
  /** Changes arrays and values that were handed in. */
  readonly change: () => void;
}

export const hostileExports: fc.Arbitrary<() => HostileExport> = fc
  .record({
    resource: sometimes(fc.constant({ attributes: { 'service.name': 'shop' } })),
    scopeMetrics: fc.array(sometimes(scopes), { maxLength: 3 }),
    place: fc.nat(3),
    growth: fc.integer({ min: -3, max: 3 }),
  })
  .map((recipe) => () => {
    const { resource, scopeMetrics, place, growth } = made(recipe) as typeof recipe;
    const [good] = resourceMetrics([sumData(GOOD, 1)]).scopeMetrics;
    return {
      metrics: { resource, scopeMetrics: scopeMetrics.toSpliced(place, 0, good!) } as ResourceMetrics,
      change: () => change({ scopeMetrics }, growth),
    };
  });

/** A copy with everything that was stood for. */
function made(value: unknown): unknown {
  if (typeof value === 'string' && Object.hasOwn(STANDS, value)) return STANDS[value as Stand]();
  if (Array.isArray(value)) return value.map(made);
  if (typeof value !== 'object' || value === null) return value;
  const copy = {};
  for (const [key, field] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: made(field),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return copy;
}

const LISTS: ReadonlySet<string> = new Set([
  ...['scopeMetrics', 'metrics', 'dataPoints'],
  ...['boundaries', 'counts', 'bucketCounts'],
]);

/** @param growth of each list; 0 changes the values of points */
function change(owner: unknown, growth: number): void {
  if (typeof owner !== 'object' || owner === null) return;
  let fields: [string, unknown][];
  try {
    fields = Object.entries(owner);
  } catch {
    return;
  }
  for (const [key, value] of fields) {
    if (key === 'value' && growth === 0) Object.assign(owner, { value: 1e6 });
    else if (key !== 'startTime' && key !== 'endTime') change(value, growth);
    if (!LISTS.has(key) || !Array.isArray(value) || !(value.length > 0)) continue;
    if (growth < 0) value.splice(0, -growth);
    else for (let added = 0; added < growth; added += 1) value.push(value[0]);
  }
}
