/** The ways to record that are compared. */
export const LIBRARIES = [
  'tallykit',
  'opentelemetry',
  'prom-client',
  'hot-shots buffered',
  'hot-shots aggregating',
] as const;
export type Library = (typeof LIBRARIES)[number];

export const VERBS = ['incr', 'upDown', 'gauge', 'timing'] as const;
export type Verb = (typeof VERBS)[number];

export const TAG_COUNTS = [0, 1, 3, 10] as const;
export type TagCount = (typeof TAG_COUNTS)[number];

/**
 * What a call is handed: the same objects as the call before, the same tags in a new options object (only Tallykit has
 * one), a new literal, or nothing, because the handle is bound to its tags.
 */
export type Objects = 'none' | 'same' | 'same tags' | 'fresh' | 'bound';

export interface CallCase {
  readonly id: string;
  readonly library: Library;
  readonly verb: Verb;
  readonly tagCount: TagCount;
  readonly objects: Objects;
  readonly series: 1 | typeof SERIES;
  /** The call as a program writes it. Its free variables are the scope of the library, `n`, and `s` for the series. */
  readonly call: string;
}

export const SERIES = 100;

/** The tag that tells the series apart comes first, the others are the same for all. */
const FURTHER_TAGS = [
  ['region', "'eu-west-1'"],
  ['status', '200'],
  ['method', "'GET'"],
  ['tenant', "'acme'"],
  ['plan', "'pro'"],
  ['version', "'4.2.0'"],
  ['zone', "'eu-west-1a'"],
  ['cached', 'false'],
  ['team', "'checkout'"],
] as const;

export function tagNames(tagCount: TagCount): string[] {
  return ['route', ...FURTHER_TAGS.map(([name]) => name)].slice(0, tagCount);
}

/** The source of a literal with so many tags. */
export function tagLiteral(tagCount: TagCount, route: string): string {
  const tags = [['route', route], ...FURTHER_TAGS].slice(0, tagCount);
  return `{ ${tags.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

/** The metric of a case; cases that differ in objects and series share it, as the call sites of a program do. */
export function metricName(verb: Verb, tagCount: TagCount): string {
  return `${verb}_${tagCount}`;
}

/** What is recorded: `values` are uneven numbers, so that nothing is a small integer by chance. */
const VALUES: Readonly<Record<Verb, string>> = {
  incr: '1',
  upDown: '(n & 1) === 0 ? 1 : -1',
  gauge: 'values[n & 255]',
  timing: 'values[n & 255]',
};

const OPENTELEMETRY_METHODS = { incr: 'add', upDown: 'add', gauge: 'record', timing: 'record' } as const;
const PROM_CLIENT_METHODS = { incr: 'inc', upDown: 'inc', gauge: 'set', timing: 'observe' } as const;
const HOT_SHOTS_METHODS = {
  incr: 'increment',
  upDown: 'gaugeDelta',
  gauge: 'gauge',
  timing: 'timing',
} as const;

/** How each library is called: `name` is a metric, in whose place some libraries have an object of that name. */
const CALLS: Readonly<
  Record<Library, (verb: Verb, name: string, value: string, tags: string | undefined) => string>
> = {
  tallykit: (verb, name, value, tags) =>
    `metrics.${verb}('${name}', ${value}${tags === undefined ? '' : `, { tags: ${tags} }`})`,
  opentelemetry: (verb, name, value, tags) =>
    `${name}.${OPENTELEMETRY_METHODS[verb]}(${value}${tags === undefined ? '' : `, ${tags}`})`,
  'prom-client': (verb, name, value, tags) =>
    `${name}.${PROM_CLIENT_METHODS[verb]}(${tags === undefined ? '' : `${tags}, `}${value})`,
  'hot-shots buffered': hotShotsCall,
  'hot-shots aggregating': hotShotsCall,
};

function hotShotsCall(verb: Verb, name: string, value: string, tags: string | undefined): string {
  return `client.${HOT_SHOTS_METHODS[verb]}('${name}', ${value}${tags === undefined ? '' : `, ${tags}`})`;
}

/** Handles with fixed tags, where a library has them; hot-shots has clients with fixed tags. */
const BOUND_CALLS: Readonly<Partial<Record<Library, string>>> = {
  tallykit: '.incr()',
  'prom-client': '.inc()',
  'hot-shots buffered': `.increment('${metricName('incr', 3)}')`,
  'hot-shots aggregating': `.increment('${metricName('incr', 3)}')`,
};

export const CALL_CASES: readonly CallCase[] = LIBRARIES.flatMap((library) => [
  ...VERBS.flatMap((verb) => TAG_COUNTS.flatMap((tagCount) => callCases(library, verb, tagCount))),
  ...boundCases(library),
]);

function callCases(library: Library, verb: Verb, tagCount: TagCount): CallCase[] {
  const write = (objects: Objects, series: CallCase['series'], tags: string | undefined): CallCase => {
    let call = CALLS[library](verb, metricName(verb, tagCount), VALUES[verb], tags);
    if (library === 'tallykit' && objects === 'same') call = call.replace(/\{ tags: (.+) \}/u, '$1');
    return {
      id: caseId(library, verb, tagCount, objects, series),
      library,
      verb,
      tagCount,
      objects,
      series,
      call,
    };
  };
  if (tagCount === 0) return [write('none', 1, undefined)];
  const reused = `same_${tagCount}`;
  return [
    write('same', 1, `${reused}[0]`),
    write('same', SERIES, `${reused}[s]`),
    ...(library === 'tallykit'
      ? [write('same tags', 1, `tags_${tagCount}[0]`), write('same tags', SERIES, `tags_${tagCount}[s]`)]
      : []),
    write('fresh', 1, tagLiteral(tagCount, 'routes[0]')),
    write('fresh', SERIES, tagLiteral(tagCount, 'routes[s]')),
  ];
}

function boundCases(library: Library): CallCase[] {
  const call = BOUND_CALLS[library];
  if (call === undefined) return [];
  const shared = { library, verb: 'incr', tagCount: 3, objects: 'bound' } as const;
  return [
    { ...shared, id: caseId(library, 'incr', 3, 'bound', 1), series: 1, call: `bound[0]${call}` },
    { ...shared, id: caseId(library, 'incr', 3, 'bound', SERIES), series: SERIES, call: `bound[s]${call}` },
  ];
}

export function caseId(
  library: Library,
  verb: Verb,
  tagCount: TagCount,
  objects: Objects,
  series: CallCase['series'],
): string {
  return [library, verb, tagCount, objects, series].join('/');
}
