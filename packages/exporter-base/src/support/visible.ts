/**
 * Characters that a reader can't see, or that change how the rest is read: control characters, separators of lines, format
 * and bidirectional marks, lone surrogates, private use, and what Unicode says to draw as nothing.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

const SHORT_ESCAPES: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text of somebody else (a name, a tag, what a server answered) as it can be shown in a line of a log: what is
 * invisible is written as an escape, `\n`, `\x1b`, `\u202e`, so that the text can't begin a line of its own, colour a
 * terminal or turn the order of letters around. Spaces and everything that can be seen stay as they are; a text that is
 * visible already, a backslash included, doesn't change.
 *
 * @example
 *   visible('bob\n\u001b[31mERROR'); // 'bob\\n\\x1b[31mERROR'
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, escapeOf);
}

/** A character as an escape: `\n`, `\r`, `\t`, `\xNN`, `\uNNNN` or `\UNNNNNNNN`, as Python writes it. */
export function escapeOf(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!.toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
}
