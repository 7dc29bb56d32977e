import type { TagSpelling } from '@tallykit/exporter-base';
import { firstCodePoints } from '@tallykit/exporter-base/datadog';

/** How many characters a tag may have, key and value together (Datadog documentation). */
const MAX_TAG_LENGTH = 200;
/** How many characters a host name may have (Datadog documentation). */
const MAX_HOST_LENGTH = 255;

/**
 * Writes tags as Datadog stores them: lower case, letters of any script, digits and `_-:./`, at most 200 characters
 * (Datadog documentation, "Getting Started with Tags"). Datadog would replace other characters too, but later: two tags that
 * it makes equal would be sent as two series, and it would lose one of their values in each second.
 *
 * The text is `key:value,key:value`. The tag `host` is the host that a series belongs to, as in DogStatsD; of several, the last.
 *
 * @param bareTags tags without a value, which are added to all others
 */
export function tagSpelling(bareTags: readonly string[] = []): TagSpelling {
  const bare = new Set(bareTags.map((tag) => firstCodePoints(safeKey(tag), MAX_TAG_LENGTH)));
  return {
    key: safeKey,
    value: (text) => text,
    join(tags) {
      const host = tags.findLastIndex(([key]) => key === 'host');
      const all = tags
        .filter(([key], index) => key !== 'host' || index === host)
        .map(([key, value]) => (key === 'host' ? hostTag(value) : plainTag(key, value)));
      // Two values of one tag may be equal in lower case.
      return [...new Set([...all, ...bare])].filter((tag) => tag !== '').join(',');
    },
  };
}

function safeKey(text: string): string {
  const safe = text.toLowerCase().replace(/[^\p{L}\p{N}_\-./]/gu, '_');
  return /^\p{L}/u.test(safe) ? safe : `tag_${safe}`;
}

function plainTag(key: string, value: string): string {
  const safe = value.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, '_') || 'n/a';
  return firstCodePoints(`${key}:${safe}`, MAX_TAG_LENGTH).replace(/:$/, '_');
}

/** An empty host has no tag. */
function hostTag(host: string): string {
  const safe = host.replace(/[^!-+\--~]/gu, '_');
  return safe === '' ? '' : `host:${firstCodePoints(safe, MAX_HOST_LENGTH)}`;
}

const HOST = /(?:^|,)host:([^,]*)/;

/** The host in a text that {@link tagSpelling} wrote, and the text without it. */
export function splitTags(text: string): { readonly host: string; readonly tags: string } {
  const found = HOST.exec(text);
  if (found === null) return { host: '', tags: text };
  const tags = text.slice(0, found.index) + text.slice(found.index + found[0].length);
  return { host: found[1]!, tags: found.index === 0 ? tags.slice(1) : tags };
}

/** The single tags of such a text. */
export function listTags(tags: string): string[] {
  return tags === '' ? [] : tags.split(',');
}
