import type { EnvironmentOptions } from '../support/options.ts';

/** A tag with a value. */
export type TagPair = readonly [key: string, value: string];

/** What the environment says of tags, in Datadog's variables. */
export interface DatadogTags {
  /** Of `DD_TAGS`, in their order. What a resource says of itself wins over them. */
  readonly pairs: readonly TagPair[];
  /** Of `DD_TAGS`: tags without a value, each once. */
  readonly bare: readonly string[];
  /** `env`, `service` and `version`, of `DD_ENV`, `DD_SERVICE` and `DD_VERSION`. They win over a resource. */
  readonly unified: Readonly<Record<string, string>>;
  /** `DD_ENTITY_ID`: the pod or task, for an Agent. */
  readonly entityId: string | undefined;
}

/** Reads the tags of Datadog's variables (Datadog documentation, "Unified service tagging"). */
export function readDatadogTags(environment: EnvironmentOptions): DatadogTags {
  return {
    ...parseTags(environment.text('DD_TAGS') ?? ''),
    unified: withoutMissing({
      env: environment.text('DD_ENV'),
      service: environment.text('DD_SERVICE'),
      version: environment.text('DD_VERSION'),
    }),
    entityId: environment.text('DD_ENTITY_ID'),
  };
}

/** Where there is no comma, white space separates the tags. One may have no value. */
function parseTags(text: string): Pick<DatadogTags, 'pairs' | 'bare'> {
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
