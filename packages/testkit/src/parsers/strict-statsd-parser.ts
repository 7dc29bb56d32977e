/** How tags stand in a line: see the option `dialect` of `@tallykit/exporter-statsd`. */
export type StatsdTagStyle = 'dogstatsd' | 'graphite' | 'influx' | 'signalfx' | 'librato' | 'none';

/** One line as a server understands it. */
export interface ParsedStatsdLine {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly type: 'c' | 'g' | 'ms';
  readonly value: number;
  readonly rate: number;
}

/**
 * Reads payloads by the strictest of the servers' grammars put together, and throws at whatever any of them would refuse,
 * drop or take for something else: statsd/statsd (`stats.js`, `lib/helpers.js`), statsd_exporter (`pkg/line/line.go`),
 * Telegraf (`plugins/inputs/statsd`), the Datadog Agent, brubeck. It shares no code with the exporter.
 */
export function parseStatsdPayload(payload: string, dialect: StatsdTagStyle): ParsedStatsdLine[] {
  const lines: ParsedStatsdLine[] = [];
  const texts = payload.split('\n');
  for (const [index, text] of texts.entries()) {
    const line = parseStatsdLine(text, dialect);
    // `-5` would be a decrease by 5; only right behind a `0` of the same series, in the same datagram, it is -5.
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

/** Reads a line by itself: the zero in front of a negative gauge is a line like others here. */
export function parseStatsdLine(text: string, dialect: StatsdTagStyle): ParsedStatsdLine {
  const fail = (why: string): never => {
    throw new Error(`${why}: ${JSON.stringify(text)}`);
  };
  if (text === '') fail('an empty line');
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) fail('a control character or half a surrogate pair');

  // Tags at the end come off first, and nothing follows them.
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
  return {
    name,
    tags: tags === undefined ? {} : tagsOf(tags, dialect, fail),
    type,
    value: Number(value),
    rate: rateValue,
  };
}

type Fail = (why: string) => never;

/** As statsd_exporter does with all styles switched on: brackets first, then the first delimiter of any style. */
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
    if (key in tags) fail('a key twice');
    // Graphite ends a key at the first `=`, whatever the dialect was before the reference server translated it.
    if (key.includes('=')) fail('= in a key');
    if (!isAtEnd && /[=\s]/.test(value)) fail('= or white space in a value');
    if (dialect === 'graphite' && (/[!^]/.test(key) || value.startsWith('~'))) fail('what Graphite refuses');
    tags[key] = value;
  }
  if (text.split(separator).length !== Object.keys(tags).length) fail('separators of another style');
  return tags;
}
