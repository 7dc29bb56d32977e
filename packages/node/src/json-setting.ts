import { describeRejected, OptionError } from '@tallykit/exporter-base';
import { parseJSONC, type JSONCParseError } from 'confbox/jsonc';
import { COMPONENT } from './options.ts';
import { isObject, settingError, type Setting } from './setting.ts';

const JSON_OBJECT = 'a JSON object such as {"host":"localhost"}';

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
 * @throws OptionError with the place of a mistake, never with a part of the text, which may contain a key
 */
export function parseJsonSetting({ name, value: text }: Setting<string>): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OptionError({
      component: COMPONENT,
      option: name,
      accepted: JSON_OBJECT,
      valueKind: `${describeRejected(text)} that is not valid JSON${describeMistake(text)}`,
    });
  }
  if (!isObject(value)) throw settingError({ name, value }, JSON_OBJECT);
  return value;
}

function describeMistake(text: string): string {
  const mistake = findJsonMistake(text);
  if (mistake === undefined) return '';
  const { error, offset } = mistake;
  const before = text.slice(0, offset).split('\n');
  const place = `position ${offset} (line ${before.length}, column ${before.at(-1)!.length + 1})`;
  return ` at ${place}: ${PROBLEMS[error] ?? 'something is wrong there'}`;
}
