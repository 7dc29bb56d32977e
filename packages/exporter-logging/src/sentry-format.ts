import { originalPlace } from './line-tags.ts';
import { pythonValue } from './python-text.ts';

/** A winston format: `winston.format.combine` takes it, and so does the option `format` of a logger or transport. */
export interface LineFormat {
  /**
   * Adds the finished line to an entry of winston.
   *
   * @returns the entry
   */
  // winston's own type of a log entry allows anything in it.
  // eslint-disable-next-line typescript/no-explicit-any
  transform(entry: any): any;
}

/** Where winston's transports find the finished line (npm `triple-beam`). */
const MESSAGE = Symbol.for('message');

/**
 * A winston format for the lines that the formatter of Sentry's page "Internal Metrics" prints: level, message, instance
 * and tags, the latter two as Python writes them.
 *
 * @example
 * winston.loggers.add('sentry.metrics', {
 *   level: 'debug',
 *   format: sentryFormat(),
 *   transports: [new winston.transports.Console()],
 * });
 * // [DEBUG] 'jobs.finished': +1; instance='worker-3'; tags={'queue': 'mail', 'retried': True}
 */
export function sentryFormat(): LineFormat {
  return {
    transform(entry: Record<string | symbol, unknown>) {
      const { level, message } = entry;
      const { instance, tags } = originalPlace(entry);
      const pairs = tags.map(([tag, value]) => `${pythonValue(tag)}: ${pythonValue(value)}`);
      entry[MESSAGE] =
        `[${String(level).toUpperCase()}] ${String(message)}; instance=${pythonValue(instance)}; ` +
        `tags={${pairs.join(', ')}}`;
      return entry;
    },
  };
}
