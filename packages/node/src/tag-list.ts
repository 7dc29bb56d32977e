import type { TagList } from '@tallykit/exporter-base/datadog';
import type { UnusedSettings } from './unused-settings.ts';

/**
 * The tags of a list as an object, as the recording API and the option `tags` of exporters take them. Of several values of a
 * tag, the last one stays. What an object has no place for is named.
 */
export function tagsOf(
  { pairs, bare }: TagList,
  settingName: string,
  unused: UnusedSettings,
): Readonly<Record<string, string>> {
  const tags = Object.fromEntries(pairs);
  const reasons: string[] = [];
  if (bare.length > 0) reasons.push('only of its tags without a value: write `key:value`');
  if (pairs.some(([key, value]) => tags[key] !== value))
    reasons.push('only of a tag with several values, of which the last one stays');
  if (reasons.length > 0) unused.add(settingName, reasons.join('; '));
  return tags;
}
