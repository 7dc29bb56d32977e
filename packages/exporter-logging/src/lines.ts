import {
  loadOptional,
  MissingPackageError,
  reasonOf,
  log,
  systemClock,
  type Clock,
} from '@tallykit/exporter-base';
import { loadedFrom, loadWinston } from './load-winston.cts';
import { isLevelOff, writeLine, type LineMetadata, type Logger } from './logger.ts';
import { word } from './python-text.ts';
import { sentryFormat } from './sentry-format.ts';

/** The name of the logger that Sentry's logging backend uses. */
const SENTRY_LOGGER = 'sentry.metrics';

/** After a load of winston that failed, lines wait so long before they try it again, because they are written on the hot path. */
const TRY_AGAIN_MILLIS = 10_000;

type Winston = typeof import('winston');

/**
 * Writes lines to the logger that was handed in, or else to winston's logger of a name. Winston is loaded in the constructor.
 * When that fails, each `load` tries it again, and so does a line from time to time.
 */
export class Lines {
  readonly #component: string;
  readonly #loggerName: string;
  readonly #clock: Clock;
  readonly #loadWinston: () => Winston;
  #findLogger: (() => Logger) | undefined;
  #failure: Error | undefined;
  #triesAgainAt = 0;

  /** @param options `load` returns the package winston, whose types are not named here: they would have to be installed. */
  constructor(
    component: string,
    logger: Logger | undefined,
    loggerName: string,
    { clock = systemClock, load = installedWinston }: { clock?: Clock; load?: () => object } = {},
  ) {
    this.#component = component;
    this.#loggerName = loggerName;
    this.#clock = clock;
    this.#loadWinston = load as () => Winston;
    if (logger !== undefined) this.#findLogger = () => logger;
    else this.#tryToLoad();
  }

  /**
   * Loads winston, if it is needed and not loaded yet.
   *
   * @throws when it can't be loaded
   */
  load(): void {
    if (this.#findLogger === undefined) this.#tryToLoad();
    if (this.#findLogger === undefined) throw this.#failure;
  }

  /** Whether the logger would throw away lines of this level. */
  isOff(level: string): boolean {
    return this.#findLogger !== undefined && isLevelOff(this.#findLogger(), level);
  }

  /** @throws what the logger throws, and when there is none */
  write(level: string, message: string, metadata: LineMetadata): void {
    if (this.#findLogger === undefined && this.#clock.now() >= this.#triesAgainAt) this.#tryToLoad();
    if (this.#findLogger === undefined) throw this.#failure;
    writeLine(this.#findLogger(), level, message, metadata);
  }

  #tryToLoad(): void {
    try {
      this.#findLogger = namedLogger(this.#loadWinston(), this.#loggerName);
    } catch (error) {
      this.#triesAgainAt = this.#clock.now() + TRY_AGAIN_MILLIS;
      const isFirst = this.#failure === undefined;
      this.#failure = new Error(explain(this.#component, error), { cause: error });
      if (isFirst) log('error', this.#failure.message);
    }
  }
}

function installedWinston(): Winston {
  return loadOptional<Winston>({
    name: 'winston',
    load: loadWinston,
    from: loadedFrom,
    member: 'createLogger',
  });
}

/**
 * Finds the logger to which the program gave this name, at any time. Until then it is a logger of our own. That one is not in
 * winston's collection, because a later `winston.loggers.add(name, …)` must find the name free.
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

/** A line's message and its tags. A tag that could be taken for two is quoted. */
function plainText({ message, instance, tags }: LineMetadata): string {
  const all = { instance, ...(tags as object | undefined) } as Record<string, string | undefined>;
  const pairs = Object.entries(all).filter(([, value]) => value !== undefined);
  return [message, ...pairs.map(([tag, value]) => `${word(tag)}=${word(String(value))}`)].join(' ');
}

function explain(component: string, error: unknown): string {
  return error instanceof MissingPackageError
    ? `${component}: without the option \`logger\` it needs ${error.message}`
    : `${component}: winston could not be used: ${reasonOf(error)}`;
}
