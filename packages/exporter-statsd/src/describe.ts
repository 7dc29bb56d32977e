import { describeExporter, type DescribedExporter, type DescribedPlace } from '@tallykit/exporter-base';
import { clientPlace } from '@tallykit/exporter-base/sockets';
import { readOptions, type StatsdMetricExporterOptions, type StatsdTarget } from './options.ts';

const CHECK_ADDRESS =
  'Check that a StatsD server listens there, and `host`, `port` and `protocol` (or STATSD_HOST, STATSD_PORT).';

/** Where an exporter sends to, and what to check there, for messages. */
export function placeOf(target: StatsdTarget): DescribedPlace {
  switch (target.type) {
    case 'udp':
    case 'tcp':
      return { destination: `${target.type} ${target.host}:${target.port}`, remedy: CHECK_ADDRESS };
    case 'unixgram':
      return {
        destination: `unixgram ${target.path}`,
        remedy: 'Check that a StatsD server has bound that file, and the option `path`.',
      };
    case 'client':
      return clientPlace(target.protocol);
  }
}

const ORIGINS = { host: ['STATSD_HOST'], port: ['STATSD_PORT'], prefix: ['STATSD_PREFIX'] };

/**
 * What a {@link StatsdMetricExporter} would do with these options and variables, for programs that show it. Nothing is opened.
 *
 * @param variables by default the environment of the process
 * @throws OptionError as the constructor does
 */
export function describeStatsdOptions(
  options: StatsdMetricExporterOptions,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): DescribedExporter {
  return describeExporter(options, variables, ORIGINS, (traced) => {
    const { target, ownProcess: _, ...others } = readOptions(options, traced);
    const { type: protocol, ...place } = target;
    const address = protocol === 'client' ? {} : { protocol, ...place };
    return { transport: protocol, ...placeOf(target), values: { ...address, ...others } };
  });
}
