/**
 * Which tags a call must not have, by their names. The rules apply to the tags of calls and of `withTags`, of events too;
 * they don't apply to the tags of `createMetrics`, and to the option `instance`. What is denied reaches neither the
 * MeterProvider nor an event backend nor the listener `operations`.
 *
 * @example createMetrics({ tagRules: { deny: ['user'], denySuffixes: ['_id'], except: ['shard_id'] } });
 */
export interface TagRules {
  /**
   * Names that are denied, or a function that returns whether a name is. A name for which it throws is denied.
   * @default []
   */
  readonly deny?: readonly string[] | ((name: string) => boolean) | undefined;
  /**
   * Names that end in one of these are denied.
   * @default []
   */
  readonly denySuffixes?: readonly string[] | undefined;
  /**
   * Names that are allowed even where `deny` or `denySuffixes` denies them.
   * @default []
   */
  readonly except?: readonly string[] | undefined;
  /**
   * Names of metrics, without their prefix, and titles of events, that may have any tag.
   * @default []
   */
  readonly exemptMetrics?: readonly string[] | undefined;
  /**
   * `'drop'`: the tag is left out and counted in `droppedTags`. `'throw'`: the call throws a `TagRuleError`, which is meant
   * for development and tests.
   * @default 'drop'
   */
  readonly onViolation?: 'drop' | 'throw' | undefined;
}

const TAG_RULE_ERROR = Symbol.for('@tallykit/metrics/TagRuleError');

/**
 * Thrown by a recording call with a denied tag when `tagRules.onViolation` is `'throw'`. The call is counted as refused.
 * Recording throws nothing else. If
 * several copies of the package may be loaded, ask for the `name` and not for `instanceof`.
 */
export class TagRuleError extends Error {
  /** Always `'TagRuleError'`. */
  override readonly name = 'TagRuleError';
  /**
   * Marks the error, because `instanceof` fails for an error of another copy of the package.
   * @internal
   */
  readonly [TAG_RULE_ERROR] = true;
  /** The name of the metric, without its prefix. */
  readonly metric: string;
  /** The names of the denied tags, sorted. */
  readonly tags: readonly string[];

  /**
   * @param metric the name of the metric, without its prefix
   * @param tags the names of the denied tags
   */
  constructor(metric: string, tags: readonly string[]) {
    super(
      `discarded illegal metric tags: [${tags.map((tag) => `'${tag}'`).join(', ')}] for metric '${metric}'`,
    );
    this.metric = metric;
    this.tags = tags;
  }
}

export function isTagRuleError(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && TAG_RULE_ERROR in error;
  } catch {
    return false;
  }
}

/** Returns those of a metric's tags that are denied. */
export type DeniedTags = (metric: string, tags: Iterable<string>) => string[];

/** @param onError gets what the function `deny` throws */
export function compileTagRules(rules: TagRules, onError: (error: unknown) => void): DeniedTags {
  const { deny = [] } = rules;
  const isNamed = typeof deny === 'function' ? guarded(deny, onError) : isAmong(deny);
  const isException = isAmong(rules.except);
  const isExempt = isAmong(rules.exemptMetrics);
  const suffixes = [...(rules.denySuffixes ?? [])];
  return (metric, tags) => {
    if (isExempt(metric)) return [];
    return [...tags].filter(
      (tag) => !isException(tag) && (isNamed(tag) || suffixes.some((suffix) => tag.endsWith(suffix))),
    );
  };
}

function isAmong(names: readonly string[] = []): (name: string) => boolean {
  const set = new Set(names);
  return (name) => set.has(name);
}

function guarded(
  deny: (name: string) => boolean,
  onError: (error: unknown) => void,
): (name: string) => boolean {
  return (name) => {
    try {
      return deny(name);
    } catch (error) {
      onError(error);
      return true;
    }
  };
}
