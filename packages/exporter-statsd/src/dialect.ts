import { formatNumber, formatRate, type TagSpelling } from '@tallykit/exporter-base';

/**
 * How tags are written. `dogstatsd`: `name:1|c|#key:value`, `graphite`: `name;key=value:1|c`, `influx`:
 * `name,key=value:1|c`, `signalfx`: `name[key=value]:1|c`, `librato`: `name#key=value:1|c`, `none`: not at all.
 */
export type StatsdDialect = 'dogstatsd' | 'graphite' | 'influx' | 'signalfx' | 'librato' | 'none';

/** `c`: a counter's increase, `g`: a gauge's value, `ms`: one timing or another sample of a distribution. */
export type StatsdType = 'c' | 'g' | 'ms';

const SUFFIXES = { c: '|c', g: '|g', ms: '|ms' } as const;

interface DialectRules {
  /** What surrounds and separates tags, and what stands between a key and its value. */
  readonly open: string;
  readonly pair: string;
  readonly separator: string;
  readonly close: string;
  /** Tags stand behind the name, or at the end of the line. */
  readonly place: 'name' | 'end';
  /** Characters that are replaced in a key, and in a value. */
  readonly unsafeInKey: RegExp;
  readonly unsafeInValue: RegExp;
}

// Control characters, lone halves of surrogate pairs, and the two line ends that are neither.
const UNSAFE_ANYWHERE = String.raw`\p{Cc}\p{Cs}\u2028\u2029`;

/**
 * In a name, the parser of statsd_exporter looks for every dialect's delimiters, and splits tags at `,` as well as at `;`
 * (`pkg/line/line.go`). Telegraf cuts at the first `:`. Graphite allows none of `;!^=` in a key and no `~` in front of a
 * value (Graphite documentation, "Carbon and tags").
 */
const BEHIND_NAME = {
  unsafeInKey: new RegExp(String.raw`[${UNSAFE_ANYWHERE}\s,;:=|#@!^~\[\]]`, 'gu'),
  unsafeInValue: new RegExp(String.raw`[${UNSAFE_ANYWHERE}\s,;:=|#~\[\]]`, 'gu'),
} as const;

/**
 * At the end of the line, `,` separates tags, `|` ends them, and the first `:` ends a key. The reference server turns the
 * tags into Graphite ones: there, a `;` would begin another tag, and a `=` in a key would end it (`stats.js`).
 */
const AT_END = {
  unsafeInKey: new RegExp(String.raw`[${UNSAFE_ANYWHERE}\s,;:=|#]`, 'gu'),
  unsafeInValue: new RegExp(String.raw`[${UNSAFE_ANYWHERE},;|]`, 'gu'),
} as const;

function behindName(open: string, separator: string, close = ''): DialectRules {
  return { open, pair: '=', separator, close, place: 'name', ...BEHIND_NAME };
}

const DIALECTS: Readonly<Record<Exclude<StatsdDialect, 'none'>, DialectRules>> = {
  dogstatsd: { open: '|#', pair: ':', separator: ',', close: '', place: 'end', ...AT_END },
  graphite: behindName(';', ';'),
  influx: behindName(',', ','),
  signalfx: behindName('[', ',', ']'),
  librato: behindName('#', ','),
};

/** All dialects, the default first. */
export const STATSD_DIALECTS = [...Object.keys(DIALECTS), 'none'] as readonly StatsdDialect[];

/**
 * A metric name for every StatsD server. Every character but letters, digits, `.`, `_` and `-` becomes `_`, because the
 * reference server deletes it (and makes `/` a `-`), so that two names could become one.
 */
export function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/gu, '_') || '_';
}

/**
 * statsd_exporter makes an underscore of every character that is no letter or digit (`pkg/mapper/escape.go`). Prometheus
 * reserves labels that begin with two, so one such key would make every scrape fail.
 */
const RESERVED = /^[^A-Za-z0-9]{2}/u;

const RESERVED_PREFIX = 'tag';

/**
 * How a dialect writes tags. A key that begins with two characters that are no letters or digits gets `tag` in front. An empty
 * key or value becomes `_`, because servers drop or refuse it.
 */
export function tagSpelling(dialect: StatsdDialect): TagSpelling {
  if (dialect === 'none') return { key: () => '', value: () => '', join: () => '' };
  const { open, pair, separator, close, unsafeInKey, unsafeInValue } = DIALECTS[dialect];
  return {
    key: (text) => {
      const key = text.replace(unsafeInKey, '_') || '_';
      return RESERVED.test(key) ? RESERVED_PREFIX + key : key;
    },
    value: (text) => text.replace(unsafeInValue, '_') || '_',
    join: (tags) =>
      tags.length === 0 ? '' : open + tags.map(([key, value]) => key + pair + value).join(separator) + close,
  };
}

/** Writes a line. `weight` is the number of recorded values that it stands for, a positive integer. */
export type LineFormat = (
  name: string,
  tags: string,
  type: StatsdType,
  value: number,
  weight?: number,
) => string;

/**
 * How a dialect writes a line, without a newline at its end. The name and the tags must be safe already: see
 * {@link safeName} and {@link tagSpelling}.
 *
 * A gauge below zero takes two lines, which must stay together: `-5` alone would be a decrease by 5, so it is set to 0
 * first (statsd/statsd `docs/metric_types.md`).
 */
export function lineFormat(dialect: StatsdDialect): LineFormat {
  const tagsAreLast = dialect !== 'none' && DIALECTS[dialect].place === 'end';
  return (name, tags, type, value, weight = 1) => {
    const front = tagsAreLast ? name : name + tags;
    // The reference server takes everything behind `|#` as tags, so the rate comes before them.
    const rate = weight > 1 ? `|@${formatRate(weight)}` : '';
    const back = tagsAreLast ? rate + tags : rate;
    // The short middle is joined first, because a text that is made of many parts takes longer to send.
    const line = front + (':' + formatNumber(value) + SUFFIXES[type]) + back;
    return type === 'g' && value < 0 ? `${front}:0|${type}${back}\n${line}` : line;
  };
}
