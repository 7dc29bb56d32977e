import { distance } from 'fastest-levenshtein';

/** Tags that a series or an event must have; it may have others. Values are compared as text, as backends see them. */
export type ExpectedTags = Readonly<Record<string, string | number | boolean>>;

/** The result of a matcher, as `expect.extend` takes it. */
export interface Check {
  /** Whether what was recorded is what was expected. */
  readonly pass: boolean;
  /** The text of the failure. When `pass` is true, it is the text for `expect(…).not`. */
  readonly message: () => string;
}

/** How many series, events and names a message shows. */
const MAX_SHOWN = 10;

/** What a check may look at by its tags. */
interface Tagged {
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether these tags are among those. */
export function hasTags(tags: Tagged['tags'], expected: ExpectedTags): boolean {
  return agreement(tags, expected) === Object.keys(expected).length;
}

/** How many of the expected tags there are. */
function agreement(tags: Tagged['tags'], expected: ExpectedTags): number {
  return Object.entries(expected).filter(([key, value]) => tags[key] === String(value)).length;
}

/** One line for each, those first that have most of the expected tags. */
export function listed<One extends Tagged>(
  all: readonly One[],
  expected: ExpectedTags,
  lineOf: (one: One) => string,
): string {
  const sorted = all.toSorted(
    (first, second) => agreement(second.tags, expected) - agreement(first.tags, expected),
  );
  return shorten(sorted.map((one) => `  ${lineOf(one)}`)).join('\n');
}

/** Tags behind a name. */
export function tagText(tags: ExpectedTags): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Names, those first that were probably meant. */
export function nearest(names: readonly string[], meant: string): string {
  const sorted = names.toSorted((first, second) => distance(first, meant) - distance(second, meant));
  return shorten(sorted).join(', ');
}

function shorten(texts: readonly string[]): string[] {
  const more = texts.length - MAX_SHOWN;
  return more <= 0 ? [...texts] : [...texts.slice(0, MAX_SHOWN), `  and ${more} more`];
}
