/** The ways to record that are compared. */
export const LIBRARIES = [
  'tallykit',
  'producers',
  'explicit producers',
  'opentelemetry',
  'prom-client',
  'hot-shots buffered',
  'hot-shots aggregating',
] as const;
/** `tallykit` hands values to instruments, `producers` past them, with exponential or explicit buckets. */
export type Library = (typeof LIBRARIES)[number];

export const VERBS = ['incr', 'upDown', 'gauge', 'timing', 'distribution'] as const;
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
  distribution: 'values[n & 255]',
};

const OPENTELEMETRY_METHODS = {
  incr: 'add',
  upDown: 'add',
  gauge: 'record',
  timing: 'record',
  distribution: 'record',
} as const;
const PROM_CLIENT_METHODS = {
  incr: 'inc',
  upDown: 'inc',
  gauge: 'set',
  timing: 'observe',
  distribution: 'observe',
} as const;
const HOT_SHOTS_METHODS = {
  incr: 'increment',
  upDown: 'gaugeDelta',
  gauge: 'gauge',
  timing: 'timing',
  distribution: 'distribution',
} as const;

/** How each library is called: `name` is a metric, in whose place some libraries have an object of that name. */
const CALLS: Readonly<
  Record<Library, (verb: Verb, name: string, value: string, tags: string | undefined) => string>
> = {
  tallykit: tallykitCall,
  producers: tallykitCall,
  'explicit producers': tallykitCall,
  opentelemetry: (verb, name, value, tags) =>
    `${name}.${OPENTELEMETRY_METHODS[verb]}(${value}${tags === undefined ? '' : `, ${tags}`})`,
  'prom-client': (verb, name, value, tags) =>
    `${name}.${PROM_CLIENT_METHODS[verb]}(${tags === undefined ? '' : `${tags}, `}${value})`,
  'hot-shots buffered': hotShotsCall,
  'hot-shots aggregating': hotShotsCall,
};

function tallykitCall(verb: Verb, name: string, value: string, tags: string | undefined): string {
  return `metrics.${verb}('${name}', ${value}${tags === undefined ? '' : `, { tags: ${tags} }`})`;
}

function hotShotsCall(verb: Verb, name: string, value: string, tags: string | undefined): string {
  return `client.${HOT_SHOTS_METHODS[verb]}('${name}', ${value}${tags === undefined ? '' : `, ${tags}`})`;
}

const TALLYKIT_BOUND_CALLS: Readonly<Record<Verb, string>> = {
  incr: '.incr()',
  upDown: `.add(${VALUES.upDown})`,
  gauge: `.record(${VALUES.gauge})`,
  timing: `.record(${VALUES.timing})`,
  distribution: `.record(${VALUES.distribution})`,
};
const HOT_SHOTS_BOUND_CALLS = { incr: `.increment('${metricName('incr', 3)}')` };

/** Handles with fixed tags, where a library has them; hot-shots has clients with fixed tags. */
const BOUND_CALLS: Readonly<Partial<Record<Library, Readonly<Partial<Record<Verb, string>>>>>> = {
  tallykit: TALLYKIT_BOUND_CALLS,
  producers: TALLYKIT_BOUND_CALLS,
  'explicit producers': TALLYKIT_BOUND_CALLS,
  'prom-client': {
    incr: '.inc()',
    upDown: `.inc(${VALUES.upDown})`,
    gauge: `.set(${VALUES.gauge})`,
    timing: `.observe(${VALUES.timing})`,
    distribution: `.observe(${VALUES.distribution})`,
  },
  'hot-shots buffered': HOT_SHOTS_BOUND_CALLS,
  'hot-shots aggregating': HOT_SHOTS_BOUND_CALLS,
};

/** Explicit buckets make a difference only for histograms. */
export const HISTOGRAM_VERBS: readonly Verb[] = ['timing', 'distribution'];

export const CALL_CASES: readonly CallCase[] = LIBRARIES.flatMap((library) => {
  const verbs = library === 'explicit producers' ? HISTOGRAM_VERBS : VERBS;
  return verbs.flatMap((verb) => [
    ...TAG_COUNTS.flatMap((tagCount) => callCases(library, verb, tagCount)),
    ...boundCases(library, verb),
  ]);
});

function callCases(library: Library, verb: Verb, tagCount: TagCount): CallCase[] {
  const write = (objects: Objects, series: CallCase['series'], tags: string | undefined): CallCase => {
    let call = CALLS[library](verb, metricName(verb, tagCount), VALUES[verb], tags);
    if (isTallykit(library) && objects === 'same') call = call.replace(/\{ tags: (.+) \}/u, '$1');
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
    ...(isTallykit(library)
      ? [write('same tags', 1, `tags_${tagCount}[0]`), write('same tags', SERIES, `tags_${tagCount}[s]`)]
      : []),
    write('fresh', 1, tagLiteral(tagCount, 'routes[0]')),
    write('fresh', SERIES, tagLiteral(tagCount, 'routes[s]')),
  ];
}

function isTallykit(library: Library): boolean {
  return ['tallykit', 'producers', 'explicit producers'].includes(library);
}

function boundCases(library: Library, verb: Verb): CallCase[] {
  const call = BOUND_CALLS[library]?.[verb];
  if (call === undefined) return [];
  const shared = { library, verb, tagCount: 3, objects: 'bound' } as const;
  const bound = `bound_${verb}`;
  return [
    { ...shared, id: caseId(library, verb, 3, 'bound', 1), series: 1, call: `${bound}[0]${call}` },
    { ...shared, id: caseId(library, verb, 3, 'bound', SERIES), series: SERIES, call: `${bound}[s]${call}` },
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
