import type { EnvironmentOptions } from '../support/options.ts';

/** A tag with a value. */
export type TagPair = readonly [key: string, value: string];

/** The tags in Datadog's environment variables. */
export interface DatadogTags {
  /** Tags of `DD_TAGS`, in their order. Tags of the resource replace them. */
  readonly pairs: readonly TagPair[];
  /** Tags of `DD_TAGS` without a value, each once. */
  readonly bare: readonly string[];
  /** `env`, `service` and `version`, from `DD_ENV`, `DD_SERVICE` and `DD_VERSION`. They replace tags of the resource. */
  readonly unified: Readonly<Record<string, string>>;
  /** `DD_ENTITY_ID`: the pod or task. An Agent adds its tags. */
  readonly entityId: string | undefined;
}

/** Reads the tags of Datadog's variables (Datadog documentation, "Unified service tagging"). */
export function readDatadogTags(environment: EnvironmentOptions): DatadogTags {
  return {
    ...parseTagList(environment.text('DD_TAGS') ?? ''),
    unified: withoutMissing({
      env: environment.text('DD_ENV'),
      service: environment.text('DD_SERVICE'),
      version: environment.text('DD_VERSION'),
    }),
    entityId: environment.text('DD_ENTITY_ID'),
  };
}

/** Tags as in `DD_TAGS`: separated by commas, or by white space where there is no comma. A tag may have no value. */
export function parseTagList(text: string): Pick<DatadogTags, 'pairs' | 'bare'> {
  const pairs: TagPair[] = [];
  const bare = new Set<string>();
  for (const tag of text.split(text.includes(',') ? ',' : /\s+/)) {
    const [, key = '', value = ''] = /^([^:]*):?(.*)$/s.exec(tag.trim())?.map((part) => part.trim()) ?? [];
    if (key === '') continue;
    if (value === '') bare.add(key);
    else pairs.push([key, value]);
  }
  return { pairs, bare: [...bare] };
}

function withoutMissing(tags: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present = Object.entries(tags).filter((tag): tag is [string, string] => tag[1] !== undefined);
  return Object.fromEntries(present);
}
