/** The beginning of a text: at most so many UTF-16 units, and no half of a surrogate pair that is whole in the text. */
export function firstCharacters(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // Of a pair, this is the code of the whole character; of a half alone, that of the half.
  const lastCode = text.codePointAt(maxLength - 1) ?? 0;
  return text.slice(0, lastCode > 0xff_ff ? maxLength - 1 : maxLength);
}

/** The beginning of a text: at most so many code points, so that no surrogate pair is cut in two. */
export function firstCodePoints(text: string, maxCodePoints: number): string {
  if (text.length <= maxCodePoints) return text;
  // A code point has two UTF-16 units at most.
  return Array.from(text.slice(0, 2 * maxCodePoints))
    .slice(0, maxCodePoints)
    .join('');
}

/** The beginning of a text: at most so many bytes of UTF-8, and no half of a character. */
export function firstBytes(text: string, maxBytes: number): string {
  // Every UTF-16 unit has at least one byte.
  const bytes = Buffer.from(text.slice(0, maxBytes + 1));
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // The bytes within a character begin with the bits 10.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
