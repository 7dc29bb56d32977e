/** How many characters Datadog keeps of a metric's name (documentation, "Custom Metrics"). */
export const MAX_NAME_LENGTH = 200;

/**
 * A metric name as Datadog keeps it: a letter, then letters, digits, `_` and `.`, at most 200 in all. Others become `_`
 * there too; a beginning that is no letter would be cut off there and make two names one, so it gets `m_` in front. To the
 * Agent, a name that begins with `_sc` would be a service check.
 */
export function safeName(name: string): string {
  // A character may take two places, and becomes one `_`.
  const safe = name.slice(0, 2 * MAX_NAME_LENGTH).replace(/[^A-Za-z0-9_.]/gu, '_');
  return (/^[A-Za-z]/.test(safe) ? safe : `m_${safe}`).slice(0, MAX_NAME_LENGTH);
}
