import type { ProcessFacts } from '../src/index.ts';

/** A process of a machine, whose name is `host-1`. */
export const HOST_1: ProcessFacts = {
  hostName: 'host',
  processId: 1,
  parentProcessId: 0,
  clusterWorker: undefined,
  thread: 0,
  podName: undefined,
  containerName: undefined,
  statedInstance: undefined,
};
