/**
 * The value of a tag. It becomes text when its series is first recorded, so `1` and `'1'` are the same value. A tag whose
 * value is `undefined` or `null` is left out.
 */
export type TagValue = string | number | boolean | bigint | null | undefined;

/** Tags by their names. */
export type Tags = Readonly<Record<string, TagValue>>;

/** The tags of `withTags` and of the calls of `withTags` around it, as a list: name, value, name, value, … */
export type Scope = readonly unknown[];

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
  return text.slice(0, splitsPair ? MAX_TAG_LENGTH - 1 : MAX_TAG_LENGTH);
}
