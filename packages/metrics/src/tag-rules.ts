/** Which tag names are not allowed, and what happens to them. */
export interface TagRules {
  /** Names, or a function that says whether a name is denied. */
  readonly deny?: readonly string[] | ((name: string) => boolean);
  /** Ends of names, such as `_id`. */
  readonly denySuffixes?: readonly string[];
  /** Names that are allowed all the same. */
  readonly except?: readonly string[];
  /** Metrics, without their prefix, that may have any tag. */
  readonly exemptMetrics?: readonly string[];
  /**
   * `drop`: the tag is left out and counted. `throw`: the call throws a `TagRuleError`, for development and tests.
   * @default 'drop'
   */
  readonly onViolation?: 'drop' | 'throw';
}

const TAG_RULE_ERROR = Symbol.for('@tallykit/metrics/TagRuleError');

/** Thrown by a recording call when `tagRules.onViolation` is `'throw'`: the only thing that recording ever throws. */
export class TagRuleError extends Error {
  override readonly name = 'TagRuleError';
  /** Marks the error across copies of the package, where `instanceof` says nothing. */
  readonly [TAG_RULE_ERROR] = true;
  readonly metric: string;
  readonly tags: readonly string[];

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

/** Says which of the tags of a metric are denied. */
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
