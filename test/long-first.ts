import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, most of it waiting. */
const LONG =
  /\/(conformance|register|flush-sync|[a-z-]+-metric-exporter|netdata|tsdb-redis|backends|ends|udp|http|datadog-http|page)\.test\.ts$/;

/**
 * Starts the files first that take longest, so that none of them is left alone at the end. Files of a project that share processes
 * follow each other: a process ends when the next file is another project's.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one).localeCompare(rank(other)));
  }
}

function rank({ moduleId, project }: TestSpecification): string {
  if (!project.config.isolate) return `2 ${project.name}`;
  return LONG.test(moduleId) ? '1' : '3';
}
