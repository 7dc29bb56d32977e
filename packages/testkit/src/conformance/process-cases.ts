import { gaugeData } from '../recording/metric-data.ts';
import { programCase, type ConformanceCase } from './conformance-case.ts';
import { runProgram } from './run-program.ts';

/** A program with the exporter ends, and has sent everything. */
export const processCases: readonly ConformanceCase[] = [
  programCase('A program with the exporter ends by itself', async (trial) => {
    await runProgram(
      trial,
      [gaugeData('alive', 1)],
      'await new Promise((resolve) => exporter.export(metrics, resolve));',
    );
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.gauge('alive') === 1, 'what the program recorded');
  }),

  programCase('A program whose last statement is the shutdown has sent everything', async (trial) => {
    const metrics = Array.from({ length: 300 }, (_, index) => gaugeData(`alive${index}`, index));
    await runProgram(
      trial,
      metrics,
      'exporter.export(metrics, () => undefined);\nawait exporter.shutdown();',
    );
    if (trial.facts.discards) return;
    await trial.until(
      (arrivals) => metrics.every(({ descriptor: { name } }, index) => arrivals.gauge(name) === index),
      'what the program recorded',
    );
  }),
];
