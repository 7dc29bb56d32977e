/** What a logger gets with the text of a line: names and values, for example `metric`, `value`, `unit` and `tags`. */
export type LineMetadata = Readonly<Record<string, unknown>>;

/** A method of a logger. Those of pino and bunyan take the metadata first, all others the message first. */
export type LogMethod = (...values: never[]) => unknown;

/**
 * Where lines go: a logger of winston, pino or bunyan, the console, anything else that has a method for each level and
 * takes a message and metadata, or a function.
 */
export type Logger =
  | { readonly info: LogMethod; readonly debug: LogMethod }
  | ((level: string, message: string, metadata: LineMetadata) => void);

/** Whether the value is a logger with a method of this name. */
export function isLogger(value: unknown, level: string): value is Logger {
  return typeof value === 'function' || typeof methodOf(value, level) === 'function';
}

/**
 * Writes one line.
 *
 * @throws what the logger throws, and when it has no method of this name
 */
export function writeLine(logger: Logger, level: string, message: string, metadata: LineMetadata): void {
  if (typeof logger === 'function') {
    logger(level, message, metadata);
    return;
  }
  if (!isLogger(logger, level)) throw new Error(`the logger has no method ${level}`);
  const log = logger as unknown as Readonly<Record<string, (...values: unknown[]) => unknown>>;
  if (takesMetadataFirst(logger)) log[level]!(metadata, message);
  else log[level]!(message, metadata);
}

/** Whether the logger is known to throw away lines of this level, so that there is no need to make them. */
export function isLevelOff(logger: Logger, level: string): boolean {
  const { isLevelEnabled } = logger as { isLevelEnabled?: (level: string) => boolean };
  return typeof isLevelEnabled === 'function' && !isLevelEnabled.call(logger, level);
}

/** Only pino has `bindings`, and only bunyan `addSerializers`. */
function takesMetadataFirst(logger: object): boolean {
  return ['bindings', 'addSerializers'].some((name) => typeof methodOf(logger, name) === 'function');
}

function methodOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
