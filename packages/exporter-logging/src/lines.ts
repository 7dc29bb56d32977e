import { say, systemClock, type Clock } from '@tallykit/exporter-base';
import { loadWinston } from './load-winston.cts';
import { isLevelOff, writeLine, type LineMetadata, type Logger } from './logger.ts';
import { word } from './python-text.ts';
import { sentryFormat } from './sentry-format.ts';

/** The logger of Sentry's logging backend. */
const SENTRY_LOGGER = 'sentry.metrics';

/** How long after a load of winston that failed it is tried again. */
const TRY_AGAIN_MILLIS = 10_000;

type Winston = typeof import('winston');

/**
 * Where lines are written: to the logger that was handed in, or else to winston's logger of a name. Winston is loaded when
 * the first `Lines` is made; while that fails, it is tried again from time to time.
 */
export class Lines {
  readonly #component: string;
  readonly #loggerName: string;
  readonly #clock: Clock;
  readonly #load: () => Winston;
  #findLogger: (() => Logger) | undefined;
  #failure: Error | undefined;
  #tryAgainMillis = -Infinity;

  constructor(
    component: string,
    logger: Logger | undefined,
    loggerName: string,
    { clock = systemClock, load = loadWinston }: { clock?: Clock; load?: () => Winston } = {},
  ) {
    this.#component = component;
    this.#loggerName = loggerName;
    this.#clock = clock;
    this.#load = load;
    if (logger !== undefined) this.#findLogger = () => logger;
    else this.#tryToLoad();
  }

  /** Whether lines of this level would be thrown away. */
  isOff(level: string): boolean {
    this.#tryToLoad();
    return this.#findLogger !== undefined && isLevelOff(this.#findLogger(), level);
  }

  /** @throws when there is no logger to write to */
  check(): void {
    this.#tryToLoad();
    if (this.#findLogger === undefined) throw this.#failure;
  }

  /** @throws what the logger throws, and when there is none */
  write(level: string, message: string, metadata: LineMetadata): void {
    this.check();
    writeLine(this.#findLogger!(), level, message, metadata);
  }

  #tryToLoad(): void {
    if (this.#findLogger !== undefined || this.#clock.now() < this.#tryAgainMillis) return;
    try {
      this.#findLogger = namedLogger(this.#load(), this.#loggerName);
    } catch (error) {
      this.#tryAgainMillis = this.#clock.now() + TRY_AGAIN_MILLIS;
      const isFirst = this.#failure === undefined;
      this.#failure = new Error(explain(this.#component, error), { cause: error });
      if (isFirst) say('error', this.#failure.message);
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
