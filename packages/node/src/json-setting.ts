import { visible } from '@tallykit/exporter-base';

const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[\x7f-\x9f])*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const SPACE = /[ \t\n\r]*/y;

/** What may come next, by where the reading stands. */
type Expected = 'value' | 'first value' | 'first key' | 'key' | 'colon' | 'next' | 'end';

/**
 * Where a text stops being JSON: the offset of the first character that no JSON could have there, or the text's length
 * when it ends too early. `undefined` for JSON. (V8's own messages lack the position for some errors, and quote the text
 * for others, which may hold a key that nobody should read.)
 */
export function jsonErrorPosition(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let position = 0;
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'next');
  for (;;) {
    SPACE.lastIndex = position;
    SPACE.exec(text);
    position = SPACE.lastIndex;
    if (position === text.length) return expected === 'end' ? undefined : position;
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text)?.[0];
    const innermost = open.at(-1);
    if (token === undefined) return position;
    switch (token[0]) {
      case '{':
      case '[':
        if (expected !== 'value' && expected !== 'first value') return position;
        open.push(token as '{' | '[');
        expected = token === '{' ? 'first key' : 'first value';
        break;
      case '}':
      case ']': {
        const isEmpty = expected === 'first key' || expected === 'first value';
        if ((expected !== 'next' && !isEmpty) || innermost !== (token === '}' ? '{' : '[')) return position;
        open.pop();
        expected = afterValue();
        break;
      }
      case ',':
        if (expected !== 'next') return position;
        expected = innermost === '{' ? 'key' : 'value';
        break;
      case ':':
        if (expected !== 'colon') return position;
        expected = 'value';
        break;
      default:
        if ((expected === 'key' || expected === 'first key') && token.startsWith('"')) expected = 'colon';
        else if (expected === 'value' || expected === 'first value') expected = afterValue();
        else return position;
    }
    position += token.length;
  }
}

/**
 * Reads a setting that is a JSON object.
 *
 * @param name what the setting is called, for the error
 * @throws with the position of a mistake; never with what the setting says, which may hold keys
 */
export function parseJsonSetting(name: string, text: string): Record<string, unknown> {
  const position = jsonErrorPosition(text);
  if (position !== undefined) {
    const before = text.slice(0, position).split('\n');
    const at = `position ${position} (line ${before.length}, column ${before.at(-1)!.length + 1})`;
    const found =
      position === text.length
        ? 'it ends too early'
        : `a ${visible(JSON.stringify(String.fromCodePoint(text.codePointAt(position)!)))} can't stand there`;
    throw new Error(`${name} is not valid JSON at ${at}: ${found}`);
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} must be a JSON object such as {"host":"localhost"}`);
  }
  return value as Record<string, unknown>;
}
