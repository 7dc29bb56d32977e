import type { Attributes } from '@opentelemetry/api';

/**
 * Resource attributes that are Datadog's unified service tags (Datadog, `pkg/opentelemetry-mapping-go/otlp/attributes`).
 * Of two for the same tag, the later one wins.
 */
export const UNIFIED_TAGS = {
  'deployment.environment': 'env',
  'deployment.environment.name': 'env',
  'service.name': 'service',
  'service.version': 'version',
} as const;

/**
 * Attributes of a resource as tags. What is missing or empty says nothing, nor does the SDK's placeholder for a service
 * that nobody named.
 *
 * @param tagOfAttribute which attributes, and how the tags are called
 */
export function datadogTags(
  resource: Attributes,
  tagOfAttribute: Readonly<Record<string, string>> = UNIFIED_TAGS,
): Attributes {
  const tags: Attributes = {};
  for (const [attribute, tag] of Object.entries(tagOfAttribute)) {
    const value = resource[attribute];
    const isPlaceholder = attribute === 'service.name' && String(value).startsWith('unknown_service');
    if (value !== undefined && value !== '' && !isPlaceholder) tags[tag] = value;
  }
  return tags;
}
