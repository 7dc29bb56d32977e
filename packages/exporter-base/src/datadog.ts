/**
 * What the exporters for Datadog share: names, tags, `DD_*` variables, events. Nothing else of this package knows of it.
 *
 * @module @tallykit/exporter-base/datadog
 */

export { MAX_NAME_LENGTH, safeName } from './datadog/names.ts';
export { datadogTags, UNIFIED_TAGS } from './datadog/resource.ts';
export {
  parseTagList,
  readDatadogTags,
  readTagList,
  shownTags,
  type DatadogTags,
  type TagList,
  type TagPair,
} from './datadog/environment.ts';
export { firstBytes, firstCharacters, firstCodePoints } from './datadog/beginnings.ts';
export {
  checkEvent,
  describeCut,
  MAX_AGGREGATION_KEY_LENGTH,
  oneOf,
  stringOf,
  wellFormed,
  type DatadogEvent,
} from './datadog/event.ts';
export { SeriesSeconds } from './datadog/series-seconds.ts';
