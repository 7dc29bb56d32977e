import type { Received } from '../series/received.ts';
import type { ExportResult } from './export-result.ts';

/** One call of `export` that is not answered yet. */
export interface ExportJob {
  readonly received: Received;
  readonly answer: (result: ExportResult) => void;
}

/** The exports that are sent next. What is handed in while others are being sent goes together. */
export class ExportQueue {
  #jobs: ExportJob[] = [];

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  /** Resolves with the answer. */
  add(received: Received): Promise<ExportResult> {
    return new Promise((answer) => {
      this.#jobs.push({ received, answer });
    });
  }

  /** Hands over all of them. Each has to be answered. */
  take(): readonly ExportJob[] {
    const jobs = this.#jobs;
    this.#jobs = [];
    return jobs;
  }
}
