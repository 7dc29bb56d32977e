import { describeExporter, type DescribedExporter } from '@tallykit/exporter-base';
import {
  LOGGING_DEFAULTS,
  OPERATION_LOG_DEFAULTS,
  readOperationLogOptions,
  readOptions,
  type LoggingMetricExporterOptions,
} from './options.ts';

/**
 * What a {@link LoggingMetricExporter} would do with these options, for programs that show it. No logger is looked for.
 *
 * @param operations whether each operation is logged, as by {@link createOperationLog}, in place of metrics
 * @throws OptionError as the constructor does
 */
export function describeLoggingOptions(
  options: LoggingMetricExporterOptions,
  operations = false,
): DescribedExporter {
  return describeExporter(options, {}, {}, () => {
    const { lines: _, ...others } = operations ? readOperationLogOptions(options) : readOptions(options);
    const { logger } = options;
    const { loggerName = (operations ? OPERATION_LOG_DEFAULTS : LOGGING_DEFAULTS).loggerName } = options;
    const isConsole = (logger as unknown) === console;
    const given = isConsole ? 'the console' : 'the given logger';
    const destination = logger === undefined ? `winston's logger '${loggerName}'` : given;
    return {
      transport: 'local',
      destination,
      remedy: 'Check where that logger writes, and that it takes lines of that level (`level`).',
      values: { logger: destination, ...others },
    };
  });
}
