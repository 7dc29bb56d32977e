import { describeExporter, type DescribedExporter } from '@tallykit/exporter-base';
import { shownTags } from '@tallykit/exporter-base/datadog';
import { readOptions, type DatadogHttpMetricExporterOptions } from './options.ts';

/** What to check when nothing arrives. */
export const REMEDY =
  'Check that the network lets this process reach it, and the options `site` and `url` (DD_SITE, DD_URL).';

const ORIGINS = {
  apiKey: ['DD_API_KEY', 'DATADOG_API_KEY'],
  url: ['site', 'DD_URL', 'DATADOG_HOST', 'DD_SITE'],
  hostname: ['DD_HOSTNAME'],
  tags: ['DD_ENV', 'DD_SERVICE', 'DD_VERSION', 'DD_TAGS', 'DATADOG_TAGS'],
};

/**
 * What a {@link DatadogHttpMetricExporter} would do with these options and variables, for programs that show it. Nothing is
 * asked, and in place of the API key there is a text that says how long it is.
 *
 * @param variables by default the environment of the process
 * @throws OptionError as the constructor does
 */
export function describeDatadogHttpOptions(
  options: DatadogHttpMetricExporterOptions,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): DescribedExporter {
  return describeExporter(options, variables, ORIGINS, (traced) => {
    const settings = readOptions(options, traced);
    const { apiKey, keyHolder: _, machineName, ownProcess: __, weakTags, bareTags, ...others } = settings;
    const values = {
      ...others,
      apiKey: apiKey.isAsked ? 'a function' : `a secret of ${apiKey.secrets[0]?.length} characters`,
      hostname: others.hostname ?? machineName,
      tags: shownTags(weakTags, bareTags, others.tags),
      fetch: options.fetch === undefined ? undefined : 'a function',
    };
    return { transport: 'http', destination: settings.url, remedy: REMEDY, values };
  });
}
