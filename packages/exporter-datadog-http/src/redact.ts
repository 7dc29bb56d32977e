const REPLACEMENT = '(the API key)';

/** So many characters of a key in a row are not there by chance; fewer are of no use to an attacker. */
const MIN_SHARED = 8;

/**
 * What counts as one character. The first expression reads a text as it is, the second one with the escapes of URLs, JSON and
 * HTML. Both are needed, because a percent sign in front of a key does not belong to the key. Blanks and invisible characters
 * count as nothing, because a key may be wrapped.
 */
const SPELLINGS = [
  /(?<nothing>[\s\p{Cc}\p{Cf}]+)|[^]/gu,
  /%(?<percent>[0-9a-f]{2})|\\u00(?<json>[0-9a-f]{2})|&#x(?<html>[0-9a-f]{2});|&#(?<decimal>\d{2,3});|\\(?<escaped>["\\/])|(?<nothing>[\s\p{Cc}\p{Cf}]+)|[^]/giu,
] as const;

/**
 * A text of a server or a library without secrets: without API keys and parts of them, and without the user names, passwords
 * and queries of addresses.
 *
 * @param keys the API keys that may stand in it
 * @param isCut whether the text was cut at its end, where the beginning of a secret may stand then
 */
export function redact(text: string, keys: readonly string[], isCut = false): string {
  const withoutQueries = text.replace(/(https?:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1?…');
  const withoutUsers = withoutQueries.replace(/\/\/[^\s/]*@/g, '//(credentials)@');
  const withoutCredentials = isCut ? withoutUsers.replace(/\/\/[^\s/@]*$/, '//') : withoutUsers;
  let result = withoutCredentials;
  for (const key of keys) result = withoutKey(result, key.toLowerCase(), isCut);
  return result;
}

function withoutKey(text: string, key: string, isCut: boolean): string {
  const length = Math.min(MIN_SHARED, key.length);
  const parts = new Set(
    Array.from({ length: key.length - length + 1 }, (_, at) => key.slice(at, at + length)),
  );
  const isOfKey = new Uint8Array(text.length);
  let end = text.length;
  for (const spelling of SPELLINGS) {
    const { plain, starts, ends } = readCharacters(text, spelling);
    for (let at = 0; at + length <= plain.length; at += 1)
      if (parts.has(plain.slice(at, at + length))) isOfKey.fill(1, starts[at], ends[at + length - 1]);
    const beginning = isCut ? beginningAtEnd(plain, key) : 0;
    if (beginning > 0 && beginning < length) end = Math.min(end, starts[plain.length - beginning]!);
  }
  let result = '';
  for (let at = 0; at < end; at += 1) {
    if (isOfKey[at] === 0) result += text[at];
    else if (at === 0 || isOfKey[at - 1] === 0) result += REPLACEMENT;
  }
  return result;
}

/** How many characters at the end of a text are the beginning of the key. */
function beginningAtEnd(plain: string, key: string): number {
  for (let length = Math.min(plain.length, key.length); length > 0; length -= 1)
    if (key.startsWith(plain.slice(-length))) return length;
  return 0;
}

/** The characters in lower case, and where each of them begins and ends in the text. */
function readCharacters(text: string, spelling: RegExp) {
  let plain = '';
  const [starts, ends]: [number[], number[]] = [[], []];
  for (const { 0: written, index, groups } of text.matchAll(spelling)) {
    const { percent, json, html, decimal, escaped, nothing } = groups ?? {};
    if (nothing !== undefined) continue;
    const hex = percent ?? json ?? html;
    let character = escaped ?? written;
    if (hex !== undefined) character = String.fromCharCode(Number.parseInt(hex, 16));
    else if (decimal !== undefined) character = String.fromCharCode(Number(decimal));
    // A key is ASCII, so other characters don't belong to it.
    plain += /^[\x21-\x7e]$/.test(character) ? character.toLowerCase() : '\0';
    starts.push(index);
    ends.push(index + written.length);
  }
  return { plain, starts, ends };
}
