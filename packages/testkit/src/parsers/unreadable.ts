/**
 * Throws because Datadog could not read a payload.
 *
 * @param what it can't read
 * @param value as it arrived, for the message
 */
export function unreadable(what: string, value: unknown): never {
  throw new Error(`Datadog can't read ${what}: ${JSON.stringify(value)?.slice(0, 200)}`);
}
