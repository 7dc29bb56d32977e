import { formatNumber, type NumberSeries, type TagSpelling } from '@tallykit/exporter-base';

/** What Datadog keeps of a tag's key and value together (documentation, "Tags"). */
const MAX_CHARACTERS = 200;

// Control characters, halves of surrogate pairs and odd line ends; `,` ends a tag and `|` the tags.
const UNSAFE = String.raw`\p{Cc}\p{Cs}\u2028\u2029,|`;
const UNSAFE_IN_KEY = new RegExp(String.raw`[${UNSAFE}\s:@#]`, 'gu');
const UNSAFE_IN_VALUE = new RegExp(`[${UNSAFE}]`, 'gu');

/**
 * Tags as the Agent reads them. Datadog cuts a tag after 200 characters, so this is done here, between characters. A value
 * that is empty becomes `n/a`, as in Datadog's own mapping of OpenTelemetry attributes.
 *
 * @param bareTags are added to all others as they are: tags without a value
 */
export function tagSpelling(bareTags: readonly string[] = []): TagSpelling {
  const spellKey = (text: string) =>
    // Room for the colon and one character of the value.
    shorten(text, MAX_CHARACTERS - 2).replace(UNSAFE_IN_KEY, '_') || '_';
  const bare = new Set(bareTags.map(spellKey));
  return {
    key: spellKey,
    value: (text) => shorten(text, MAX_CHARACTERS).replace(UNSAFE_IN_VALUE, '_') || 'n/a',
    join(tags) {
      const texts = [...tags.map(([key, value]) => tagOf(key, value)), ...bare];
      return texts.length === 0 ? '' : `|#${texts.join(',')}`;
    },
  };
}

function tagOf(key: string, value: string): string {
  const tag = `${key}:${value}`;
  const short = tag.length <= MAX_CHARACTERS ? tag : shorten(tag, MAX_CHARACTERS);
  // Datadog takes no tag that ends with a colon.
  return short.endsWith(':') ? `${short.slice(0, -1)}_` : short;
}

/** A line's text without what is no part of it: line ends, `|`, control characters, halves of surrogate pairs. */
export function safeField(text: string, maxCharacters = MAX_CHARACTERS): string {
  return shorten(text, maxCharacters).replace(/[\p{Cc}\p{Cs}\u2028\u2029|]/gu, '_');
}

/** The first characters of a text; what takes two places in JavaScript is not cut in two. */
function shorten(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return Array.from(text.slice(0, 2 * maxCharacters))
    .slice(0, maxCharacters)
    .join('');
}

/**
 * The line of a counter or a gauge.
 *
 * @param originFields stand at the end of every message: where it comes from. Empty, or begin with `|`
 * @param second stands behind the value as its time
 */
export function formatNumberSeries(
  { type, name, tags, value }: NumberSeries,
  originFields: string,
  second?: number,
): string | readonly string[] {
  // Merged points can come to zero.
  if (type === 'sum' && value === 0) return [];
  const time = second === undefined ? '' : `|T${second}`;
  // The short middle first: a text of many parts is slow to send.
  return name + (':' + formatNumber(value) + (type === 'sum' ? '|c' : '|g') + time) + tags + originFields;
}
