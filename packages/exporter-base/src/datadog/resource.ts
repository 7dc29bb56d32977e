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
 * Attributes of a resource as tags. Left out are attributes that are missing or empty, and the name that the SDK gives to a
 * service without a name.
 *
 * @param tagOfAttribute the tag for each attribute
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
