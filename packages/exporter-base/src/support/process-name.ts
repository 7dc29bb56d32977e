import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { Attributes } from '@opentelemetry/api';

/** What tells a process or a worker thread from others. */
export interface ProcessFacts {
  /** In AWS Lambda, where many environments have the same host name, that of the environment's log stream. */
  readonly hostName: string;
  /** 1 in the first process of a container. */
  readonly processId: number;
  /** In a worker of a cluster, the process that started it. */
  readonly parentProcessId: number;
  /** The number of a worker of `node:cluster`; `undefined` in other processes. */
  readonly clusterWorker: number | undefined;
  /** 0 in the main thread. */
  readonly thread: number;
  /** Of the pod in which the process runs; `undefined` outside of Kubernetes. */
  readonly podName: string | undefined;
  /** The container's name in its pod, where it can be found. */
  readonly containerName: string | undefined;
  /** `service.instance.id` in `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly statedInstance: string | undefined;
}

/**
 * Variables in which manifests hand a pod its name by the downward API. In a pod, the host name is the pod's name as well,
 * unless the manifest says otherwise (Kubernetes documentation, "Container Environment").
 */
const POD_NAME_VARIABLES = ['POD_NAME', 'K8S_POD_NAME', 'MY_POD_NAME'] as const;

/**
 * The kubelet mounts a file of this path into each container, for its termination message (Kubernetes,
 * `kuberuntime_container.go`).
 */
const CONTAINER_MOUNT = /\/pods\/[^/\s]+\/containers\/([^/\s]+)\/[0-9a-f]{8}\s/;

/** Looks around once, where the process runs. */
export function readProcessFacts(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  readMounts: () => string = () => readFileSync('/proc/self/mountinfo', 'utf8'),
): ProcessFacts {
  const logStream = variables['AWS_LAMBDA_FUNCTION_NAME'] && variables['AWS_LAMBDA_LOG_STREAM_NAME']?.trim();
  const hostName = logStream || hostname();
  const isInPod = Boolean(variables['KUBERNETES_SERVICE_HOST']?.trim());
  const given = POD_NAME_VARIABLES.map((name) => variables[name]?.trim()).find(Boolean);
  return {
    hostName,
    processId: process.pid,
    parentProcessId: process.ppid,
    clusterWorker: cluster.worker?.id,
    thread: threadId,
    podName: isInPod ? (given ?? hostName) : undefined,
    containerName: isInPod ? containerNameIn(readMounts) : undefined,
    statedInstance: statedInstance(variables['OTEL_RESOURCE_ATTRIBUTES']),
  };
}

/** Whether the name of a process stays the same when it is started again. */
export function hasStableName(resource: Attributes, facts: ProcessFacts): boolean {
  return instanceOf(resource, facts) !== undefined || podOf(resource, facts) !== undefined;
}

/**
 * A name that no other process and no other thread has, for the tag `process`. It is a slot that a process takes again when it
 * is started again, where there is one, because every name makes further series:
 *
 * - `service.instance.id` of the resource, when somebody has set it. A UUID of version 4 is taken for the one that
 *   OpenTelemetry's detector makes at each start, unless it stands in `OTEL_RESOURCE_ATTRIBUTES`.
 * - Otherwise the name of the pod, with that of the container. Processes but the container's first one add their process id.
 * - Otherwise host name and process id.
 *
 * A worker of `node:cluster` adds `w` and its number, in place of its process id; a worker thread adds `t` and its number.
 */
export function processName(resource: Attributes, facts: ProcessFacts): string {
  const { processId, parentProcessId, clusterWorker, thread, hostName } = facts;
  const instance = instanceOf(resource, facts);
  const slot = instance ?? podOf(resource, facts);
  // Each cluster numbers its workers from 1 on, so it is told from others by its first process.
  const mainProcess = clusterWorker === undefined ? processId : parentProcessId;
  // The program's own name for an instance needs no process id, but in threads: they don't see in which worker they are.
  const isTold = slot !== undefined && (mainProcess === 1 || (instance !== undefined && thread === 0));
  const parts = [slot ?? hostName];
  if (!isTold) parts.push(String(mainProcess));
  if (clusterWorker !== undefined) parts.push(`w${clusterWorker}`);
  if (thread !== 0) parts.push(`t${thread}`);
  return parts.join('-');
}

const RANDOM_UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

function instanceOf(resource: Attributes, { statedInstance: stated }: ProcessFacts): string | undefined {
  const instance = textOf(resource['service.instance.id']);
  return instance === undefined || (RANDOM_UUID.test(instance) && instance !== stated) ? undefined : instance;
}

function podOf(resource: Attributes, { podName, containerName }: ProcessFacts): string | undefined {
  const pod = textOf(resource['k8s.pod.name']) ?? podName;
  if (pod === undefined) return undefined;
  const container = textOf(resource['k8s.container.name']) ?? containerName;
  return container === undefined ? pod : `${pod}/${container}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function containerNameIn(readMounts: () => string): string | undefined {
  try {
    return CONTAINER_MOUNT.exec(readMounts())?.[1];
  } catch {
    return undefined;
  }
}

/** The value in a list `key=value,key=value`, whose values are percent-encoded (OpenTelemetry, "Resource SDK"). */
function statedInstance(attributes = ''): string | undefined {
  const stated = /(?:^|,)\s*service\.instance\.id\s*=([^,]*)/.exec(attributes)?.[1]?.trim();
  if (stated === undefined) return undefined;
  try {
    return decodeURIComponent(stated);
  } catch {
    return stated;
  }
}
