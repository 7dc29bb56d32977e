import { describeRejected, OptionError } from '@tallykit/exporter-base';
import { parseJSONC, type JSONCParseError } from 'confbox/jsonc';
import { namesIn } from './backend-names.ts';
import { COMPONENT } from './options.ts';
import { isObject, settingError, type Setting } from './setting.ts';

const LIST = 'a JSON array of strings such as ["jobs."], or strings with commas between';

/** What is wrong at the place of a mistake, by the parser's code (`ParseErrorCode` of `jsonc-parser`). */
const PROBLEMS: Readonly<Partial<Record<number, string>>> = {
  1: 'only strings in double quotes, numbers, true, false and null can stand there',
  2: 'the number is wrong',
  3: 'the name of a property in double quotes is missing',
  4: 'a value is missing',
  5: 'a colon is missing',
  6: 'a comma, or the end of the object or array, is missing',
  7: 'the closing brace is missing',
  8: 'the closing bracket is missing',
  9: 'nothing can follow there',
  10: 'comments are not allowed',
  11: 'a comment has no end',
  12: 'the string has no end on its line',
  13: 'the number has no end',
  14: 'a \\u in the string has no four hexadecimal digits',
  15: 'a backslash in the string has a wrong character behind it',
  16: 'a control character in the string must be written as an escape',
};

/**
 * The first mistake in a text that is not JSON. V8's own messages lack the position for some mistakes, and quote the text
 * for others, although it may contain a key.
 */
export function findJsonMistake(text: string): JSONCParseError | undefined {
  const errors: JSONCParseError[] = [];
  parseJSONC(text, { errors, disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  return errors[0];
}

/**
 * Reads a setting that is a JSON object.
 *
 * @param example what one looks like, for the message
 * @throws OptionError with the place of a mistake, never with a part of the text, which may contain a key
 */
export function parseJsonSetting(
  { name, value: text }: Setting<string>,
  example = '{"host":"localhost"}',
): Record<string, unknown> {
  const accepted = `a JSON object such as ${example}`;
  const value = parseJson({ name, value: text }, accepted);
  if (!isObject(value)) throw settingError({ name, value }, accepted);
  return value;
}

/**
 * Reads a setting that is a list of texts.
 *
 * @throws OptionError as `parseJsonSetting`
 */
export function parseListSetting({ name, value: text }: Setting<string>): readonly string[] {
  if (!text.startsWith('[')) return namesIn(text);
  const value = parseJson({ name, value: text }, LIST);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw settingError({ name, value }, LIST);
}

function parseJson({ name, value: text }: Setting<string>, accepted: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OptionError({
      component: COMPONENT,
      option: name,
      accepted,
      valueKind: `${describeRejected(text)} that is not valid JSON${describeMistake(text)}`,
      advice: looksLikePython(text)
        ? 'it looks like Python: use double quotes, and true, false and null'
        : undefined,
    });
  }
}

/** Whether a text has the quotes or the words of Python's literals outside of its strings in double quotes. */
function looksLikePython(text: string): boolean {
  return /'|\b(?:True|False|None)\b/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''));
}

function describeMistake(text: string): string {
  const mistake = findJsonMistake(text);
  if (mistake === undefined) return '';
  const { error, offset } = mistake;
  const before = text.slice(0, offset).split('\n');
  const place = `position ${offset} (line ${before.length}, column ${before.at(-1)!.length + 1})`;
  return ` at ${place}: ${PROBLEMS[error] ?? 'something is wrong there'}`;
}
