import type { TagSpelling } from '@tallykit/exporter-base';
import { firstCodePoints } from '@tallykit/exporter-base/datadog';

/** How many characters of a tag Datadog keeps, key and value together (documentation, "Tags"). */
const MAX_CHARACTERS = 200;

// Control characters, halves of surrogate pairs and line ends of Unicode; `,` ends a tag, and `|` ends the tags.
const UNSAFE = String.raw`\p{Cc}\p{Cs}\u2028\u2029,|`;
const UNSAFE_IN_KEY = new RegExp(String.raw`[${UNSAFE}\s:@#]`, 'gu');
const UNSAFE_IN_VALUE = new RegExp(`[${UNSAFE}]`, 'gu');

/**
 * Writes tags as the Agent reads them. Datadog cuts a tag after 200 characters, so they are cut here, where no character is
 * cut in two. An empty value becomes `n/a`, as in Datadog's own mapping of OpenTelemetry attributes.
 *
 * @param bareTags tags without a value, which are added to all others
 */
export function tagSpelling(bareTags: readonly string[] = []): TagSpelling {
  const spellKey = (text: string) =>
    // Room for the colon and one character of the value.
    firstCodePoints(text, MAX_CHARACTERS - 2).replace(UNSAFE_IN_KEY, '_') || '_';
  const bare = new Set(bareTags.map(spellKey));
  return {
    key: spellKey,
    value: (text) => firstCodePoints(text, MAX_CHARACTERS).replace(UNSAFE_IN_VALUE, '_') || 'n/a',
    join(tags) {
      const texts = [...tags.map(([key, value]) => tagOf(key, value)), ...bare];
      return texts.length === 0 ? '' : `|#${texts.join(',')}`;
    },
  };
}

function tagOf(key: string, value: string): string {
  const short = firstCodePoints(`${key}:${value}`, MAX_CHARACTERS);
  // Datadog does not accept a tag that ends with a colon.
  return short.endsWith(':') ? `${short.slice(0, -1)}_` : short;
}

/** Makes a text safe for a field: line ends, `|`, control characters and halves of surrogate pairs become `_`. */
export function safeField(text: string, maxCharacters = MAX_CHARACTERS): string {
  return firstCodePoints(text, maxCharacters).replace(/[\p{Cc}\p{Cs}\u2028\u2029|]/gu, '_');
}
