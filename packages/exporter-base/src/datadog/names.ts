/** How many characters Datadog keeps of a metric's name (documentation, "Custom Metrics"). */
export const MAX_NAME_LENGTH = 200;

/**
 * A metric name as Datadog keeps it: a letter, then letters, digits, `_` and `.`, at most 200 characters. Other characters
 * become `_`, as they do at Datadog. Datadog cuts off a beginning that is no letter, which may make two names one, so such a
 * name gets `m_` in front. (To the Agent, a name that begins with `_sc` would even be a service check.)
 */
export function safeName(name: string): string {
  // A character that has two UTF-16 units becomes one `_`.
  const safe = name.slice(0, 2 * MAX_NAME_LENGTH).replace(/[^A-Za-z0-9_.]/gu, '_');
  return (/^[A-Za-z]/.test(safe) ? safe : `m_${safe}`).slice(0, MAX_NAME_LENGTH);
}
