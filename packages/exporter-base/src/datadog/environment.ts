import type { TagSource } from '../series/tags.ts';
import type { EnvironmentOptions } from '../support/options.ts';

/** A tag with a value. */
export type TagPair = readonly [key: string, value: string];

/** A list of tags as people write it. */
export interface TagList {
  /** Tags with a value, in their order. A key may have several values. */
  readonly pairs: readonly TagPair[];
  /** Tags without a value, each once. */
  readonly bare: readonly string[];
}

/** The tags in Datadog's environment variables: those of `DD_TAGS` and `DATADOG_TAGS`, and who is speaking. */
export interface DatadogTags extends TagList {
  /** `env`, `service` and `version`, from `DD_ENV`, `DD_SERVICE` and `DD_VERSION`. They replace tags of the resource. */
  readonly unified: Readonly<Record<string, string>>;
  /** `DD_ENTITY_ID`: the pod or task. An Agent adds its tags. */
  readonly entityId: string | undefined;
}

/**
 * Reads the tags of Datadog's variables (Datadog documentation, "Unified service tagging"). `DATADOG_TAGS` is that of Datadog's
 * library for Python, which knows commas only (datadogpy, `dogstatsd/base.py`); a key of `DD_TAGS` replaces the same key there.
 */
export function readDatadogTags(environment: EnvironmentOptions): DatadogTags {
  const { pairs, bare } = parseTagList(environment.text('DD_TAGS') ?? '');
  const ofPython = readTagList((environment.text('DATADOG_TAGS') ?? '').split(','));
  const keys = new Set(pairs.map(([key]) => key));
  return {
    pairs: [...ofPython.pairs.filter(([key]) => !keys.has(key)), ...pairs],
    bare: [...new Set([...ofPython.bare, ...bare])],
    unified: withoutMissing({
      env: environment.text('DD_ENV'),
      service: environment.text('DD_SERVICE'),
      version: environment.text('DD_VERSION'),
    }),
    entityId: environment.text('DD_ENTITY_ID'),
  };
}

/** Tags as in `DD_TAGS`: separated by commas, or by white space where there is no comma. */
export function parseTagList(text: string): TagList {
  return readTagList(text.split(text.includes(',') ? ',' : /\s+/));
}

/** Tags as texts `key:value`, or `key` without a value. Blanks around them don't count. */
export function readTagList(tags: readonly string[]): TagList {
  const pairs: TagPair[] = [];
  const bare = new Set<string>();
  for (const tag of tags) {
    const [, key = '', value = ''] = /^([^:]*):?(.*)$/s.exec(tag.trim())?.map((part) => part.trim()) ?? [];
    if (key === '') continue;
    if (value === '') bare.add(key);
    else pairs.push([key, value]);
  }
  return { pairs, bare: [...bare] };
}

/** All tags of an exporter as one object, for programs that show them: of a key with several values all of them. */
export function shownTags(
  weakTags: TagSource,
  bareTags: readonly string[],
  tags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const shown: Record<string, string> = Object.fromEntries(bareTags.map((tag) => [tag, '']));
  const pairs = Array.isArray(weakTags) ? (weakTags as readonly TagPair[]) : Object.entries(weakTags);
  for (const [key, value] of pairs)
    shown[key] = shown[key] ? `${shown[key]}, ${String(value)}` : String(value);
  return { ...shown, ...tags };
}

function withoutMissing(tags: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present = Object.entries(tags).filter((tag): tag is [string, string] => tag[1] !== undefined);
  return Object.fromEntries(present);
}
