/**
 * Which names go where when there is a primary and a secondary backend; Sentry's rules for dual-write. Names are compared
 * without the prefix of `startMetrics`, and events by their title. What no route names goes to the primary backend only.
 */
export interface Routes {
  /**
   * Beginnings of the names that go to the secondary backend, and nowhere else. They win over the other two.
   *
   * @default []
   */
  readonly secondary?: readonly string[];
  /**
   * Beginnings of the names that go to both backends.
   *
   * @default []
   */
  readonly both?: readonly string[];
  /**
   * Beginnings of the names whose timings and distributions go to both backends, while everything else of such a name goes
   * to the primary one.
   *
   * @default []
   */
  readonly bothDistributions?: readonly string[];
}

/** What is being sent: histograms are told apart, because dual-write treats them in its own way. */
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
