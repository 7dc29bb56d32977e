/**
 * Which names go to the primary backend and which to the secondary one, by Sentry's rules for dual-write. Names are compared
 * without the prefix of `startMetrics`, and events by their title. Without a route, a name goes to the primary backend only.
 */
export interface Routes {
  /**
   * Beginnings of the names that go to the secondary backend only. They win over the other two lists.
   *
   * @default []
   */
  readonly secondary?: readonly string[] | undefined;
  /**
   * Beginnings of the names that go to both backends.
   *
   * @default []
   */
  readonly both?: readonly string[] | undefined;
  /**
   * Beginnings of the names whose timings and distributions go to both backends, while everything else of such a name goes
   * to the primary one.
   *
   * @default []
   */
  readonly bothDistributions?: readonly string[] | undefined;
}

/** The kind of a metric, as far as routes distinguish it: `bothDistributions` is for histograms only. */
export type RoutedKind = 'distribution' | 'other';

/** Whether a backend gets a name. */
export type Takes = (name: string, kind: RoutedKind) => boolean;

/** What each of the two backends gets. */
export function routesOf({ secondary = [], both = [], bothDistributions = [] }: Routes): {
  readonly primary: Takes;
  readonly secondary: Takes;
} {
  const begins = (name: string, beginnings: readonly string[]) =>
    beginnings.some((beginning) => name.startsWith(beginning));
  const isForBoth: Takes = (name, kind) =>
    begins(name, both) || (kind === 'distribution' && begins(name, bothDistributions));
  return {
    primary: (name) => !begins(name, secondary),
    secondary: (name, kind) => begins(name, secondary) || isForBoth(name, kind),
  };
}

/** A name as routes compare it: without the prefix of the recording API. */
export function bareName(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
