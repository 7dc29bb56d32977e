import { describe } from './describe.ts';
import { logOnce } from './log-once.ts';
import type { MetricsOptions, RecordOptions } from './options.ts';
import type { Registry } from './registry.ts';
import { shared } from './shared.ts';
import { compileTagRules, TagRuleError } from './tag-rules.ts';
import type { DeniedTags } from './tag-rules.ts';
import { tagText } from './tags.ts';

/** The most tags of one call, which is OpenTelemetry's own limit for the attributes of spans. Further ones are left out. */
const MAX_TAGS = 128;

/** Stands in a path for the value of a tag that the object inherits. */
const INHERITED = Symbol('inherited');

export interface CollectedTags {
  /**
   * The tags as `followPath` meets them: name, value, name, value, … `undefined` when the path can't be remembered,
   * because its tags are not those that the series gets.
   */
  readonly path: readonly unknown[] | undefined;
  readonly tags: Map<string, string>;
}

/** Collects the tags of a call: those of the `Metrics`, of `withTags`, of the call itself, and the instance. */
export class TagCollector {
  readonly #registry: Registry;
  readonly #ownTags: ReadonlyMap<string, string>;
  readonly #deniedTags: DeniedTags | undefined;
  readonly #throws: boolean;

  constructor(options: MetricsOptions, registry: Registry) {
    this.#registry = registry;
    this.#deniedTags = options.tagRules && compileTagRules(options.tagRules);
    this.#throws = options.tagRules?.onViolation === 'throw';
    const ownTags = new Map<string, string>();
    for (const [tag, value] of Object.entries(options.tags ?? {})) {
      const text = tagText(value);
      if (text !== undefined) ownTags.set(tag, text);
    }
    this.#ownTags = ownTags;
  }

  /** The tags of a series. Tag rules apply. */
  ofSeries(metric: string, options: RecordOptions | undefined): CollectedTags {
    return this.#collect(metric, options);
  }

  /** The tags of an event or an operation. Tag rules don't apply. */
  ofCall(options: RecordOptions | undefined): Record<string, string> {
    return Object.fromEntries(this.#collect(undefined, options).tags);
  }

  #collect(metric: string | undefined, options: RecordOptions | undefined): CollectedTags {
    const path = this.#pathOf(options);
    const called = new Map<string, string>();
    let canRemember = path.length < 2 * MAX_TAGS && !path.includes(INHERITED);
    for (let index = 0; index < path.length; index += 2) {
      canRemember = this.#put(called, path[index] as string, path[index + 1]) && canRemember;
    }
    if (metric !== undefined) this.#applyTagRules(metric, called);
    const tags = new Map([...this.#ownTags, ...called]);
    const instance = options?.instance;
    if (instance !== undefined && instance !== null) {
      path.push('instance', instance);
      canRemember = this.#put(tags, 'instance', instance) && canRemember;
    }
    return { path: canRemember ? path : undefined, tags };
  }

  /** The path without the instance. */
  #pathOf(options: RecordOptions | undefined): unknown[] {
    const path: unknown[] = [...(shared.scopes?.getStore() ?? [])];
    const given = options?.tags;
    if (typeof given !== 'object') return path;
    for (const tag in given) {
      const value = given[tag];
      if (value === undefined || value === null) continue;
      if (path.length >= 2 * MAX_TAGS) {
        this.#registry.droppedTags += 1;
        logOnce('tags', `a call has more than ${MAX_TAGS} tags; the others are left out`);
        break;
      }
      // What an object inherits is not a tag. It is in the path all the same, because `followPath` meets it too: asking
      // there whether a tag is inherited would cost time at every call.
      path.push(tag, Object.hasOwn(given, tag) ? value : INHERITED);
    }
    return path;
  }

  /** Adds a tag, and returns whether it became what it was in the path. */
  #put(tags: Map<string, string>, tag: string, value: unknown): boolean {
    if (value === INHERITED) return false;
    const name = tagText(tag);
    const text = name === '' ? undefined : tagText(value);
    if (name !== undefined && text !== undefined) {
      tags.set(name, text);
      return name === tag && (typeof value !== 'string' || text === value);
    }
    this.#registry.droppedTags += 1;
    logOnce(
      'tag',
      `tag ${describe(tag)} is left out: a tag needs a name, and a string, number or boolean, not ${describe(value)}`,
    );
    return false;
  }

  #applyTagRules(metric: string, tags: Map<string, string>): void {
    const denied = this.#deniedTags?.(metric, tags.keys()) ?? [];
    if (denied.length === 0) return;
    if (this.#throws) throw new TagRuleError(metric, denied.sort());
    for (const tag of denied) tags.delete(tag);
    this.#registry.droppedTags += denied.length;
    logOnce(`tag rule ${metric}`, `tag rules leave out ${denied.map(describe).join(', ')} of '${metric}'`);
  }
}
