import { say } from '@tallykit/exporter-base';
import { isLevelOff, writeLine, type LineMetadata, type Logger } from './logger.ts';
import { word } from './python-text.ts';
import { sentryFormat } from './sentry-format.ts';

/** The logger of Sentry's logging backend. */
const SENTRY_LOGGER = 'sentry.metrics';

/** Lines that are kept while winston is being loaded. */
const MAX_WAITING = 10_000;

type Winston = typeof import('winston');

/**
 * Where lines are written: to the logger that was handed in, or else to winston's logger of a name, which is loaded when
 * the first `Lines` is made.
 */
export class Lines {
  /** Resolves when lines can be written. */
  readonly ready: Promise<void>;
  readonly #component: string;
  #findLogger: (() => Logger) | undefined;
  #waiting: (readonly [level: string, message: string, metadata: LineMetadata])[] = [];
  #failure: Error | undefined;

  constructor(component: string, logger: Logger | undefined, loggerName: string) {
    this.#component = component;
    if (logger !== undefined) this.#findLogger = () => logger;
    this.ready = logger === undefined ? this.#load(loggerName) : Promise.resolve();
    // Whoever awaits it is told; nobody needs to.
    this.ready.catch(() => undefined);
  }

  /** Whether lines of this level would be thrown away. */
  isOff(level: string): boolean {
    return this.#findLogger !== undefined && isLevelOff(this.#findLogger(), level);
  }

  /** Writes a line, or keeps it until winston is there. @throws what the logger throws, and when there is none */
  write(level: string, message: string, metadata: LineMetadata): void {
    if (this.#findLogger !== undefined) {
      writeLine(this.#findLogger(), level, message, metadata);
      return;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting.length >= MAX_WAITING) {
      throw new Error(
        `${this.#component}: winston is still being loaded, and ${MAX_WAITING} lines wait already`,
      );
    }
    this.#waiting.push([level, message, metadata]);
  }

  async #load(loggerName: string): Promise<void> {
    try {
      const { default: winston } = await import('winston');
      this.#findLogger = namedLogger(winston, loggerName);
      for (const line of this.#waiting) this.write(...line);
    } catch (error) {
      this.#failure ??= new Error(explain(this.#component, error), { cause: error });
      const lost = this.#waiting.length === 0 ? '' : ` ${this.#waiting.length} lines are lost.`;
      say('error', this.#failure.message + lost);
      throw this.#failure;
    } finally {
      this.#waiting = [];
    }
  }
}

/**
 * Finds the logger that the program gave this name, whenever it did so, and until then one of our own, which is left out of
 * winston's collection: a later `winston.loggers.add(name, …)` has to find the name free.
 */
function namedLogger(winston: Winston, name: string): () => Logger {
  const { combine, printf, timestamp } = winston.format;
  let own: Logger | undefined;
  return () => {
    if (winston.loggers.has(name)) return winston.loggers.get(name);
    own ??= winston.createLogger({
      level: 'silly',
      format:
        name === SENTRY_LOGGER
          ? sentryFormat()
          : combine(
              timestamp(),
              printf((entry) => `${String(entry['timestamp'])} ${entry.level} ${name} ${plainText(entry)}`),
            ),
      transports: [new winston.transports.Console()],
    });
    return own;
  };
}

/** A line's message with its tags behind it, none of which can be taken for two. */
function plainText({ message, instance, tags }: LineMetadata): string {
  const all = { instance, ...(tags as object | undefined) } as Record<string, string | undefined>;
  const pairs = Object.entries(all).filter(([, value]) => value !== undefined);
  return [message, ...pairs.map(([tag, value]) => `${word(tag)}=${word(String(value))}`)].join(' ');
}

function explain(component: string, error: unknown): string {
  const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(String((error as { code?: unknown }).code));
  return isMissing
    ? `${component}: the package winston, which it logs to unless the option \`logger\` is given, is not installed: ` +
        'npm install winston | pnpm add winston | yarn add winston'
    : `${component}: winston could not be used: ${String(error)}`;
}
