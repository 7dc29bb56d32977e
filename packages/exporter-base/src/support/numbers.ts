/**
 * A finite double as plain decimal text: never an exponent, `-0` as `0`, and parsed again it is the same double.
 *
 * StatsD servers take the rate of a sample with `/^@([\d\.]+)/` and some take values as integers, so `1e-7` would be
 * read as 1 (statsd/statsd `stats.js`).
 */
export function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const text = String(value);
  const exponentAt = text.indexOf('e');
  if (exponentAt === -1) return text;
  const sign = value < 0 ? '-' : '';
  const [whole = '', fraction = ''] = text.slice(sign.length, exponentAt).split('.');
  const digits = whole + fraction;
  const pointAt = whole.length + Number(text.slice(exponentAt + 1));
  // JavaScript uses exponents below 1e-6 and from 1e21, so the decimal point is never among the 17 digits.
  return pointAt <= 0 ? `${sign}0.${'0'.repeat(-pointAt)}${digits}` : sign + digits.padEnd(pointAt, '0');
}

/**
 * The sample rate that stands for `weight` values, as plain decimal text.
 *
 * Most servers compute the weight as `trunc(1 / rate)`, and for one weight in thirteen `1 / weight`, parsed again, gives
 * `weight - 1`. The next smaller double gives the weight itself.
 *
 * @param weight a positive integer
 */
export function formatRate(weight: number): string {
  const rate = 1 / weight;
  return formatNumber(Math.trunc(1 / rate) < weight ? nextBelow(rate) : rate);
}

/** The largest double below a positive one. */
function nextBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) - 1n);
  return view.getFloat64(0);
}
