/**
 * Characters that a reader can't see or that change how the rest is shown: control characters, line separators, format
 * and bidirectional marks, lone surrogates, private use, noncharacters, and what Unicode says to show as nothing.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/**
 * A text of callers or libraries, made safe for a log line: invisible characters become escapes. The exporters have a
 * function with the same result. This is a second one because this package depends on no other of Tallykit; a test compares
 * the two.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0)!.toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
  });
}
