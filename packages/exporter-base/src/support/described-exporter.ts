import { VariableTrace, type IgnoredVariable } from './variable-trace.ts';

/** How an exporter sends; what can be known of a delivery depends on it. */
export type DescribedTransport =
  | 'udp'
  | 'tcp'
  | 'unix'
  | 'unixgram'
  | 'unixstream'
  | 'http'
  | 'client'
  | 'local'
  | 'scraped'
  | 'none';

/** One option of an exporter with the value that it has. */
export interface DescribedOption {
  /** Its name. */
  readonly name: string;
  /** Its value; in place of a secret, a text that says how long it is. */
  readonly value: unknown;
  /** The options and environment variables that the value comes from; none where it is the default. */
  readonly origins: readonly string[];
}

/** Where an exporter sends to, for people. */
export interface DescribedPlace {
  /** As in its messages: `udp 127.0.0.1:8125`. */
  readonly destination: string;
  /** What to check when nothing arrives, as whole sentences. */
  readonly remedy: string;
}

/** What an exporter would do with its options, for programs that show it. Nothing is opened for it. */
export interface DescribedExporter extends DescribedPlace {
  /** How it sends. */
  readonly transport: DescribedTransport;
  /** Every option that has a value. */
  readonly options: readonly DescribedOption[];
  /** Variables whose text is wrong, and that count as missing. */
  readonly ignored: readonly IgnoredVariable[];
}

/** Which other options and variables an option may come from, by its name. */
export type Origins = Readonly<Partial<Record<string, readonly string[]>>>;

/**
 * Describes an exporter by reading its options as its constructor does.
 *
 * @param given the options of the code
 * @param variables the environment
 * @param origins the options and variables that stand behind each option, beside the one of its name
 * @param read reads the options, with the variables that it is handed
 * @throws what `read` throws
 */
export function describeExporter(
  given: object,
  variables: Readonly<Record<string, string | undefined>>,
  origins: Origins,
  read: (variables: Readonly<Record<string, string | undefined>>) => DescribedPlace & {
    readonly transport: DescribedTransport;
    readonly values: Readonly<Record<string, unknown>>;
  },
): DescribedExporter {
  const trace = new VariableTrace(variables);
  const { values, ...place } = read(trace.variables);
  const isUsed = (name: string): boolean =>
    trace.used.has(name) || (given as Readonly<Record<string, unknown>>)[name] !== undefined;
  const options = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value, origins: [name, ...(origins[name] ?? [])].filter(isUsed) }));
  return { ...place, options, ignored: trace.ignored };
}
