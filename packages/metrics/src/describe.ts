import { visible } from './visible.ts';

const MAX_SHOWN_LENGTH = 60;

/** Any value as a short text that is safe to log. Never throws. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return visible(
        value.length > MAX_SHOWN_LENGTH ? `'${value.slice(0, MAX_SHOWN_LENGTH)}…'` : `'${value}'`,
      );
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return String(value);
  }
}

/** The message of whatever was thrown, safe to log. Never throws, although reading a message may. */
export function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? describe(error.message) : describe(error);
  } catch {
    return 'an error that cannot be read';
  }
}
