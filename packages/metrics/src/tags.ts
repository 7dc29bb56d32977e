/**
 * The value of a tag. It becomes text when its series is first recorded, so `1` and `'1'` are the same value. A tag whose
 * value is `undefined` or `null` is left out.
 */
export type TagValue = string | number | boolean | bigint | null | undefined;

/**
 * Tags by their names.
 *
 * Whatever takes tags takes an object of any type `T` that is assignable to `Tags<T>`: all of its members are values of tags.
 * So an interface of a program may be used, although an interface has no index signature and is no `Tags`.
 *
 * @example
 * const tags: Tags = { plan: 'pro' };
 * function countOrder<T extends Tags<T>>(tags: T): void {
 *   metrics.incr('orders', 1, { tags });
 * }
 */
export type Tags<T = Record<string, TagValue>> = {
  readonly [Name in Exclude<keyof T, symbol>]?: TagValue;
} & {
  /** Functions have this member, and no others that could be looked at. */
  readonly [Symbol.hasInstance]?: never;
};

/** The tags of `withTags` and of the calls of `withTags` around it, as a list: name, value, name, value, … */
export type Scope = readonly string[];

/**
 * Longer names and values are cut to so many UTF-16 units. Every series keeps its tags in memory, and no backend accepts
 * longer ones.
 */
const MAX_TAG_LENGTH = 1_000;

/** The text of a tag's name or value; `undefined` for what can't be one. */
export function tagText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint': {
      const text = String(value);
      return text.length > MAX_TAG_LENGTH ? cut(text) : text;
    }
    default:
      return undefined;
  }
}

/** Doesn't cut between the two halves of a surrogate pair. */
function cut(text: string): string {
  const lastUnit = text.charCodeAt(MAX_TAG_LENGTH - 1);
  const splitsPair = lastUnit >= 0xd800 && lastUnit <= 0xdbff;
  return copyText(text.slice(0, splitsPair ? MAX_TAG_LENGTH - 1 : MAX_TAG_LENGTH));
}

/** V8 makes a text of at least this length, when it is cut from another one, a view into the whole other text. */
const MIN_VIEW_LENGTH = 13;

/** The same text with memory of its own. What is kept for long must not keep a longer text that it was cut from. */
export function copyText(text: string): string {
  return text.length < MIN_VIEW_LENGTH ? text : (JSON.parse(JSON.stringify(text)) as string);
}
