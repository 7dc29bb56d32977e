import { TagWriter, type TagSpelling, type Translate } from '@tallykit/exporter-base';

/** Writes tags as JSON, which {@link tagsOf} reads again, because a line's metadata has them as an object. */
const SPELLING: TagSpelling = {
  key: (text) => text || '_',
  value: (text) => text,
  join: (tags) => JSON.stringify(Object.fromEntries(tags)),
};

/** The tags of a series as an object. */
export function tagsOf(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>;
}

/** Names metrics for lines: as the program named them. Leaves out counters and distributions that did not change, unless idle ones are wanted. */
export function createTranslator({ includeIdle }: { readonly includeIdle: boolean }): () => Translate {
  const tags = new TagWriter(SPELLING);
  const filter = (value: { readonly count: number } | number) =>
    includeIdle || (typeof value === 'number' ? value : value.count) !== 0 ? undefined : ('nothing' as const);
  return () =>
    ({ name, type }) => ({ name, tags, filter: type === 'gauge' ? () => undefined : filter });
}
