import { GivenOptions } from '@tallykit/exporter-base';
import { Lines } from './lines.ts';
import { isLogger, type Logger } from './logger.ts';

/** Where lines go; options of {@link LoggingMetricExporter} and of {@link createOperationLog}. */
export interface LoggerOptions {
  /**
   * Where lines are written: a logger of winston, pino or bunyan, the console, any object that has a method for each level
   * and takes a message and metadata, or a function that takes level, message and metadata.
   *
   * @default winston's logger of the name `loggerName`
   */
  readonly logger?: Logger | undefined;
  /**
   * The name of a logger of winston, in place of `logger`. When the program has given that name to a logger with
   * `winston.loggers.add`, lines go there. Otherwise they go to the console.
   *
   * @default 'metrics'
   */
  readonly loggerName?: string | undefined;
  /**
   * The name of the logger's method that is called for each line.
   *
   * @default 'info' for the exporter, 'debug' for the operation log
   */
  readonly level?: string | undefined;
}

/** Options of {@link createOperationLog}. */
export type OperationLogOptions = LoggerOptions;

/** Options of {@link LoggingMetricExporter}. */
export interface LoggingMetricExporterOptions extends LoggerOptions {
  /**
   * `series`: one line for each series and export. `summary`: one line for each export, with the number of series of each type.
   *
   * @default 'series'
   */
  readonly format?: 'series' | 'summary' | undefined;
  /**
   * Whether counters and distributions that did not change are logged as well, as long as the reader exports anything at all.
   *
   * @default false
   */
  readonly includeIdle?: boolean | undefined;
}

/** What an exporter without options does. */
export const LOGGING_DEFAULTS = {
  loggerName: 'metrics',
  level: 'info',
  format: 'series',
  includeIdle: false,
} as const satisfies LoggingMetricExporterOptions;

/** What an operation log without options does. */
export const OPERATION_LOG_DEFAULTS = {
  loggerName: 'metrics',
  level: 'debug',
} as const satisfies OperationLogOptions;

export const COMPONENT = 'LoggingMetricExporter';
const OPERATION_LOG = 'createOperationLog';

const LOGGER_NAMES = ['logger', 'loggerName', 'level'] as const satisfies readonly (keyof LoggerOptions)[];
const NAMES = [
  ...LOGGER_NAMES,
  'format',
  'includeIdle',
] as const satisfies readonly (keyof LoggingMetricExporterOptions)[];

/** @throws for options that are wrong or contradict each other */
export function readOptions(options: LoggingMetricExporterOptions) {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  return {
    ...readLogger(COMPONENT, given, LOGGING_DEFAULTS),
    format: given.oneOf('format', ['series', 'summary']) ?? LOGGING_DEFAULTS.format,
    includeIdle: given.oneOf('includeIdle', [true, false]) ?? LOGGING_DEFAULTS.includeIdle,
  };
}

/** @throws for options that are wrong or contradict each other */
export function readOperationLogOptions(options: OperationLogOptions) {
  const given = new GivenOptions(OPERATION_LOG, options, LOGGER_NAMES);
  return readLogger(OPERATION_LOG, given, OPERATION_LOG_DEFAULTS);
}

function readLogger(
  component: string,
  given: GivenOptions<(typeof LOGGER_NAMES)[number]>,
  defaults: { readonly loggerName: string; readonly level: string },
): { readonly level: string; readonly lines: Lines } {
  const level = given.text('level') ?? defaults.level;
  const loggerName = given.text('loggerName');
  const logger = given.raw('logger');
  if (logger !== undefined) {
    if (loggerName !== undefined) throw given.error('loggerName', 'left out beside `logger`');
    if (!isLogger(logger, level)) {
      const method = level === defaults.level ? `a method ${level}` : 'the method that `level` names';
      throw given.error('logger', `a logger with ${method}, or a function`);
    }
  }
  return { level, lines: new Lines(component, logger, loggerName ?? defaults.loggerName) };
}
