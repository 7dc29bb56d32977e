/** UCUM, as OpenTelemetry writes units. */
const MILLIS_OF_UNIT: Readonly<Partial<Record<string, number>>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** How many milliseconds one of a unit is; `undefined` for units of something else than time. */
export function millisOfUnit(unit: string): number | undefined {
  return Object.hasOwn(MILLIS_OF_UNIT, unit) ? MILLIS_OF_UNIT[unit] : undefined;
}
