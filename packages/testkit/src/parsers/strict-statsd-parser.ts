/** How tags stand in a line. The names are those of the option `dialect` of `@tallykit/exporter-statsd`. */
export type StatsdTagStyle = 'dogstatsd' | 'graphite' | 'influx' | 'signalfx' | 'librato' | 'none';

/** One line as a server understands it. */
export interface ParsedStatsdLine {
  /** The name of the metric, without tags. */
  readonly name: string;
  /** Tags by key. */
  readonly tags: Readonly<Record<string, string>>;
  /** A counter, a gauge or a timing. */
  readonly type: 'c' | 'g' | 'ms';
  /** What a counter is increased by, the value of a gauge, or milliseconds. */
  readonly value: number;
  /** The sample rate; 1 where the line has none. */
  readonly rate: number;
}

/** What is special to a server. */
export interface StatsdReadOptions {
  /**
   * Whether it cuts the value of each counter to a whole number of 64 bits, as Telegraf, gostatsd, veneur, and OpenTelemetry's
   * Collector by default do. A value that has no place in 64 bits throws.
   *
   * @default false
   */
  readonly wholeCounters?: boolean | undefined;
}

/**
 * Reads payloads that every common server understands in the same way: statsd/statsd (`stats.js`, `lib/helpers.js`),
 * statsd_exporter (`pkg/line/line.go`), Telegraf (`plugins/inputs/statsd`), the Datadog Agent, brubeck. It shares no code with the
 * exporter.
 *
 * @throws at whatever one of them would refuse, drop or take for something else
 */
export function parseStatsdPayload(
  payload: string,
  dialect: StatsdTagStyle,
  options: StatsdReadOptions = {},
): ParsedStatsdLine[] {
  const lines: ParsedStatsdLine[] = [];
  const texts = payload.split('\n');
  for (const [index, text] of texts.entries()) {
    const line = parseStatsdLine(text, dialect, options);
    // To a server, `-5` decreases a gauge by 5. It sets it to -5 only right behind a `0` of the same series in the same datagram.
    if (line.type === 'g' && line.value < 0) {
      const before = lines.pop();
      const isZeroOfSameSeries =
        before && before.value === 0 && texts[index - 1] === text.replace(/:-[^|]*/, ':0');
      if (!isZeroOfSameSeries)
        throw new Error(`a gauge below zero that no zero precedes: ${JSON.stringify(text)}`);
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Reads one line. It does not check that a zero stands in front of a negative gauge.
 *
 * @throws like {@link parseStatsdPayload}
 */
export function parseStatsdLine(
  text: string,
  dialect: StatsdTagStyle,
  { wholeCounters = false }: StatsdReadOptions = {},
): ParsedStatsdLine {
  const fail = (why: string): never => {
    throw new Error(`${why}: ${JSON.stringify(text)}`);
  };
  if (text === '') fail('an empty line');
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) fail('a control character or half a surrogate pair');

  // Tags at the end are cut off first. Nothing may follow them.
  const [metric = '', endTags, ...more] = text.split('|#');
  if (more.length > 0) fail('two tag sections');
  if (endTags !== undefined && dialect !== 'dogstatsd') fail('tags at the end');
  if (endTags?.includes('|')) fail('something behind the tags');

  const [front = '', sample, ...samples] = metric.split(':');
  if (sample === undefined || samples.length > 0) fail('not exactly one value');
  const [value = '', type = '', rate, ...sections] = sample!.split('|');
  if (sections.length > 0) fail('more than value, type and rate');
  if (type !== 'c' && type !== 'g' && type !== 'ms') return fail('another type than c, g, ms');
  if (!/^-?\d+(\.\d+)?$/.test(value)) fail('a value that is no plain decimal');
  if (/^-0(\.0*)?$/.test(value)) fail('minus zero');
  if (type === 'ms' && value.startsWith('-')) fail('a negative timing');
  if (rate !== undefined && !/^@\d+(\.\d+)?$/.test(rate)) fail('a rate that is no plain decimal');
  const rateValue = rate === undefined ? 1 : Number(rate.slice(1));
  if (!(rateValue > 0 && rateValue <= 1)) fail('a rate outside (0, 1]');

  const { name, tags } =
    endTags === undefined ? nameAndTags(front, dialect, fail) : { name: front, tags: endTags };
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) fail('a name that a server would change');
  const isCut = type === 'c' && wholeCounters;
  if (isCut && Math.abs(Number(value)) >= 2 ** 63) fail('a counter that 64 bits can not hold');
  return {
    name,
    tags: tags === undefined ? {} : tagsOf(tags, dialect, fail),
    type,
    // `-0.5` is cut to 0, not to -0.
    value: isCut ? Math.trunc(Number(value)) + 0 : Number(value),
    rate: rateValue,
  };
}

type Fail = (why: string) => never;

/** Cuts as statsd_exporter does when all styles are switched on: at brackets, or else at the first delimiter of any style. */
function nameAndTags(
  front: string,
  dialect: StatsdTagStyle,
  fail: Fail,
): { name: string; tags: string | undefined } {
  const open = front.indexOf('[');
  const close = front.indexOf(']');
  if (open !== -1 || close !== -1) {
    if (dialect !== 'signalfx' || open === -1 || close !== front.length - 1)
      fail('brackets that are no tags');
    return { name: front.slice(0, open), tags: front.slice(open + 1, close) };
  }
  const at = front.search(/[#,;]/);
  if (at === -1) return { name: front, tags: undefined };
  const styles: Record<string, StatsdTagStyle> = { '#': 'librato', ',': 'influx', ';': 'graphite' };
  if (styles[front[at]!] !== dialect) fail('tags of another style');
  return { name: front.slice(0, at), tags: front.slice(at + 1) };
}

function tagsOf(text: string, dialect: StatsdTagStyle, fail: Fail): Record<string, string> {
  const isAtEnd = dialect === 'dogstatsd';
  const pair = isAtEnd ? ':' : '=';
  const separator = dialect === 'graphite' ? ';' : ',';
  const tags: Record<string, string> = Object.create(null);
  for (const tag of text.split(/[,;]/)) {
    const at = tag.indexOf(pair);
    if (at < 1) fail('a tag without key or value');
    const [key, value] = [tag.slice(0, at), tag.slice(at + 1)];
    if (value === '') fail('a tag without value');
    // statsd_exporter makes an underscore of each, and Prometheus refuses a label that begins with two.
    if (/^[^A-Za-z0-9]{2}/u.test(key)) fail('a key that becomes a reserved label');
    if (key in tags) fail('a key twice');
    // The reference server hands tags of every dialect on to Graphite, which ends a key at the first `=`.
    if (key.includes('=')) fail('= in a key');
    if (!isAtEnd && /[=\s]/.test(value)) fail('= or white space in a value');
    if (dialect === 'graphite' && (/[!^]/.test(key) || value.startsWith('~'))) fail('what Graphite refuses');
    tags[key] = value;
  }
  if (text.split(separator).length !== Object.keys(tags).length) fail('separators of another style');
  return tags;
}
