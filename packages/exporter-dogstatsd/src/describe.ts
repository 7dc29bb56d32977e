import { describeExporter, type DescribedExporter, type DescribedPlace } from '@tallykit/exporter-base';
import { shownTags } from '@tallykit/exporter-base/datadog';
import { clientPlace } from '@tallykit/exporter-base/sockets';
import { readOptions, type DogStatsdMetricExporterOptions, type DogStatsdTarget } from './options.ts';

const CHECK_ADDRESS =
  'Check that a Datadog Agent listens there, and the options `url`, `host` and `port` ' +
  '(or DD_DOGSTATSD_URL, DD_AGENT_HOST, DD_DOGSTATSD_PORT).';
const CHECK_PATH =
  'Check that a Datadog Agent has bound that file and that this process may write to it, and the options `url` and ' +
  '`path` (or DD_DOGSTATSD_URL, DD_DOGSTATSD_SOCKET).';

/** Where an exporter sends to, and what to check there, for messages. */
export function placeOf(target: DogStatsdTarget): DescribedPlace {
  switch (target.type) {
    case 'udp':
      return { destination: `udp ${target.host}:${target.port}`, remedy: CHECK_ADDRESS };
    case 'client':
      return clientPlace(target.protocol);
    default:
      return { destination: `${target.type} ${target.path}`, remedy: CHECK_PATH };
  }
}

const ORIGINS = {
  host: ['url', 'DD_DOGSTATSD_URL', 'DD_AGENT_HOST'],
  port: ['url', 'DD_DOGSTATSD_URL', 'DD_DOGSTATSD_PORT'],
  path: ['url', 'DD_DOGSTATSD_URL', 'DD_DOGSTATSD_SOCKET', 'DD_AGENT_HOST'],
  tags: ['DD_ENV', 'DD_SERVICE', 'DD_VERSION', 'DD_TAGS', 'DATADOG_TAGS', 'DD_ENTITY_ID'],
  originFields: [
    'originDetection',
    'containerId',
    'externalEnv',
    'cardinality',
    'DD_ORIGIN_DETECTION_ENABLED',
    'DD_EXTERNAL_ENV',
    'DD_CARDINALITY',
  ],
};

/**
 * What a {@link DogStatsdMetricExporter} would do with these options and variables, for programs that show it. Nothing is
 * opened.
 *
 * @param variables by default the environment of the process
 * @throws OptionError as the constructor does
 */
export function describeDogStatsdOptions(
  options: DogStatsdMetricExporterOptions,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): DescribedExporter {
  return describeExporter(options, variables, ORIGINS, (traced) => {
    const { target, ownProcess: _, weakTags, bareTags, tags, ...others } = readOptions(options, traced);
    const { type: transport, ...place } = target;
    const address = transport === 'client' ? {} : place;
    const values = { ...address, ...others, tags: shownTags(weakTags, bareTags, tags) };
    return { transport, ...placeOf(target), values };
  });
}
