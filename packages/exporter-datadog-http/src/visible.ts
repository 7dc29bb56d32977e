export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\x${character.codePointAt(0)!.toString(16)}`);
}
