/**
 * Which tags a call must not have, by their names. The rules apply to the tags of calls and of `withTags`; they don't apply
 * to the tags of `createMetrics`, to `instance`, and to events.
 *
 * @example createMetrics({ tagRules: { deny: ['user'], denySuffixes: ['_id'], except: ['shard_id'] } });
 */
export interface TagRules {
  /**
   * Names that are denied, or a function that returns whether a name is.
   * @default []
   */
  readonly deny?: readonly string[] | ((name: string) => boolean);
  /**
   * Names that end in one of these are denied.
   * @default []
   */
  readonly denySuffixes?: readonly string[];
  /**
   * Names that are allowed even where `deny` or `denySuffixes` denies them.
   * @default []
   */
  readonly except?: readonly string[];
  /**
   * Names of metrics, without their prefix, that may have any tag.
   * @default []
   */
  readonly exemptMetrics?: readonly string[];
  /**
   * `'drop'`: the tag is left out and counted in `droppedTags`. `'throw'`: the call throws a `TagRuleError`, which is meant
   * for development and tests.
   * @default 'drop'
   */
  readonly onViolation?: 'drop' | 'throw';
}

const TAG_RULE_ERROR = Symbol.for('@tallykit/metrics/TagRuleError');

/**
 * Thrown by a recording call with a denied tag when `tagRules.onViolation` is `'throw'`. Recording throws nothing else. If
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

export function compileTagRules({ deny = [], denySuffixes = [], ...others }: TagRules): DeniedTags {
  const isNamed = typeof deny === 'function' ? deny : (name: string): boolean => deny.includes(name);
  const exceptions = new Set(others.except);
  const exempt = new Set(others.exemptMetrics);
  return (metric, tags) => {
    if (exempt.has(metric)) return [];
    return [...tags].filter(
      (tag) => !exceptions.has(tag) && (isNamed(tag) || denySuffixes.some((suffix) => tag.endsWith(suffix))),
    );
  };
}
