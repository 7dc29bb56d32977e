import { visible } from '@tallykit/exporter-base';

/** The tags of a line as loggers get them: safe to print as they are. */
export type LineTags = Readonly<Record<string, string>>;

/** The value of a tag, or of the instance. */
type Value = string | number | boolean | bigint;

interface Originals {
  readonly instance: Value | undefined;
  /** By the name that is safe to print. */
  readonly tags: ReadonlyMap<string, readonly [name: string, value: Value]>;
}

/**
 * Where tags keep what they were before they were made safe to print. It is not enumerable, so that no logger prints it.
 */
const ORIGINALS = Symbol.for('tallykit.logging.originals.v1');

/** The parts of a line's metadata that say where it belongs. */
export interface LinePlace {
  readonly instance: string | undefined;
  readonly tags: LineTags;
}

/** An instance and tags that are safe to print: control characters are shown as escapes. */
export function linePlace(instance: Value | undefined, tags: Iterable<readonly [string, Value]>): LinePlace {
  const originals = new Map(Array.from(tags, (tag) => [visible(tag[0]), tag]));
  const safe = Object.fromEntries(
    Array.from(originals, ([name, [, value]]) => [name, visible(String(value))]),
  );
  Object.defineProperty(safe, ORIGINALS, { value: { instance, tags: originals } satisfies Originals });
  return { instance: instance === undefined ? undefined : visible(String(instance)), tags: safe };
}

/** The same with a tag `instance` for the instance. */
export function placeOfTags({ instance, ...tags }: Readonly<Record<string, string>>): LinePlace {
  return linePlace(instance, Object.entries(tags));
}

/**
 * What the instance and the tags of an entry were. What a format of the program has changed since, for example to hide a
 * value, stays changed, and so do entries that are not ours.
 */
export function originalPlace(entry: { readonly instance?: unknown; readonly tags?: unknown }): {
  readonly instance: unknown;
  readonly tags: readonly (readonly [name: string, value: unknown])[];
} {
  const { instance, tags } = entry;
  const originals = (tags as { [ORIGINALS]?: Originals } | undefined)?.[ORIGINALS];
  return {
    instance: originals === undefined ? instance : unlessChanged(originals.instance, instance),
    tags: Object.entries(tags ?? {}).map(([name, value]) => {
      const original = originals?.tags.get(name);
      return original === undefined ? [name, value] : [original[0], unlessChanged(original[1], value)];
    }),
  };
}

function unlessChanged(original: Value | undefined, shown: unknown): unknown {
  return original !== undefined && visible(String(original)) === shown ? original : shown;
}
