import { isAbsent } from './call-shape.ts';
import { describe } from './describe.ts';
import type { EventOptions } from './event.ts';
import { countHookError } from './hooks.ts';
import { logOnce } from './log-once.ts';
import type { ResolvedOptions, RecordOptions } from './options.ts';
import { INSTANCE } from './path-node.ts';
import type { Registry } from './registry.ts';
import { shared } from './shared.ts';
import { compileTagRules, TagRuleError } from './tag-rules.ts';
import type { DeniedTags } from './tag-rules.ts';
import { MAX_TAGS, TagList } from './tag-list.ts';

/** Stands in a path for the value of a tag that the object inherits. */
const INHERITED = Symbol('inherited');

export interface CollectedTags {
  /**
   * The tags as `followPath` meets them: name, value, name, value, … `undefined` when the path can't be remembered,
   * because its tags are not those that the series gets.
   */
  readonly path: readonly unknown[] | undefined;
  readonly tags: ReadonlyMap<string, string>;
  /** How many tags were left out. */
  readonly dropped: number;
}

/** Collects the tags of a call: those of the `Metrics`, of `withTags`, of the call itself, and the instance. */
export class TagCollector {
  readonly #ownTags: ReadonlyMap<string, string>;
  readonly #deniedTags: DeniedTags | undefined;
  readonly #throws: boolean;
  /** Whether the function `deny` of the tag rules threw during this call. It is asked again at the next one then. */
  #rulesThrew = false;

  constructor({ tags = {}, tagRules }: ResolvedOptions, registry: Registry) {
    this.#deniedTags =
      tagRules &&
      compileTagRules(tagRules, (error) => {
        this.#rulesThrew = true;
        countHookError(registry, error);
      });
    this.#throws = tagRules?.onViolation === 'throw';
    const ownTags = new TagList();
    for (const [tag, value] of Object.entries(tags)) {
      if (value !== undefined && value !== null) ownTags.put(tag, value);
    }
    this.#ownTags = ownTags.tags;
  }

  /**
   * @param about the name of the metric, or the title of the event
   * @throws TagRuleError where the tag rules ask for it
   */
  collect(about: string, options: RecordOptions | EventOptions | undefined): CollectedTags {
    const path = pathOf(options?.tags);
    const list = new TagList(this.#ownTags);
    const denied = this.#deniedOf(about, path);
    let canRemember = !this.#rulesThrew;
    this.#rulesThrew = false;
    for (let index = 0; index < path.length; index += 2) {
      const tag = path[index] as string;
      if (denied.includes(tag)) {
        list.dropped += 1;
      } else if (path[index + 1] === INHERITED || !list.put(tag, path[index + 1])) {
        canRemember = false;
      }
    }
    const instance = options?.instance;
    if (!isAbsent(instance)) {
      path.push(INSTANCE, instance);
      canRemember = list.put('instance', instance) && canRemember;
    }
    return { path: canRemember ? path : undefined, tags: list.tags, dropped: list.dropped };
  }

  #deniedOf(about: string, path: readonly unknown[]): readonly string[] {
    if (this.#deniedTags === undefined) return [];
    const names = new Set<string>();
    for (let index = 0; index < path.length; index += 2) {
      if (path[index + 1] !== INHERITED) names.add(path[index] as string);
    }
    const denied = this.#deniedTags(about, names).sort();
    if (denied.length === 0) return denied;
    if (this.#throws) throw new TagRuleError(about, denied);
    logOnce(
      'tag rule',
      about,
      `tag rules leave out ${denied.map(describe).join(', ')} of ${describe(about)}`,
    );
    return denied;
  }
}

/** The path of a call, without its instance. */
function pathOf(given: RecordOptions['tags']): unknown[] {
  const path: unknown[] = [...(shared.scopes?.getStore() ?? [])];
  for (const tag in given) {
    const value = given[tag];
    if (value === undefined || value === null) continue;
    // What an object inherits is not a tag. It is in the path all the same, because `followPath` meets it too: asking
    // there whether a tag is inherited would cost time at every call.
    path.push(tag, Object.hasOwn(given, tag) ? value : INHERITED);
    // The rest would be left out in any case. One more than there may be, so that this is counted and logged.
    if (path.length > 4 * MAX_TAGS) break;
  }
  return path;
}
