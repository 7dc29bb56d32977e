import type { ConformanceRuns, ConformanceSubject } from './conformance-subject.ts';
import { Trial, type TrialOptions } from './trial.ts';

/** One thing that must be true of every exporter. */
export interface ConformanceCase {
  /** What must be true, as a sentence. */
  readonly name: string;
  /** For which of an exporter's subjects it has to run. It matters only to exporters with several subjects. */
  readonly runs: ConformanceRuns;
  /** Why it does not have to run for each configuration, in one sentence. `undefined` where it has to. */
  readonly reason: string | undefined;
  /**
   * Rejects when it is not true. It sets the logger of OpenTelemetry's `diag`, which is global: run one case at a time, and set
   * a logger of your own afterwards.
   */
  readonly run: (subject: ConformanceSubject) => Promise<void>;
}

type Body = (trial: Trial) => Promise<void>;

/** A case that runs for each configuration: transport, limits and format may each make a difference. */
export function conformanceCase(name: string, body: Body): ConformanceCase {
  return {
    name,
    runs: 'for each configuration',
    reason: undefined,
    run: (subject) => Trial.run(subject, body),
  };
}

/** A case about the texts and numbers that arrive, whatever brings them there. */
export function formatCase(name: string, body: Body, options: TrialOptions = {}): ConformanceCase {
  return {
    name,
    runs: 'once for each format',
    reason: 'It tests how points and events are read and written, which is the same over every transport.',
    run: (subject) => Trial.run(subject, body, options),
  };
}

/** A case whose backend hangs. */
export function hangingCase(name: string, body: Body): ConformanceCase {
  return {
    name,
    runs: 'once for each exporter',
    reason: "Its backend hangs, so that it waits for the exporter's deadline, in real time.",
    run: (subject) => Trial.run(subject, body, { hangs: true }),
  };
}

/** A case that runs the subject's program. */
export function programCase(name: string, body: Body): ConformanceCase {
  return {
    name,
    runs: 'once for each exporter',
    reason: 'It starts a program in a process of its own, which takes seconds.',
    run: (subject) => Trial.run(subject, body),
  };
}
