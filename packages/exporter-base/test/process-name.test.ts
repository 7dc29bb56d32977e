import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasStableName, processName, readProcessFacts, type ProcessFacts } from '../src/index.ts';
import { HOST_1 } from './processes.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const RANDOM = '627cc493-f310-47de-96bd-71410b7dec09';
const POD = { ...HOST_1, podName: 'web-7d4-abc' };
const CONTAINER = { ...POD, containerName: 'app' };

describe('the name of a process', () => {
  it.each<[string, Record<string, unknown>, ProcessFacts, string, boolean]>([
    ['the host and the process id', {}, HOST_1, 'host-1', false],
    ['the instance that somebody set', { 'service.instance.id': 'web-3' }, HOST_1, 'web-3', true],
    ['no instance that is empty', { 'service.instance.id': '' }, HOST_1, 'host-1', false],
    ['no instance that is no text', { 'service.instance.id': 5 }, HOST_1, 'host-1', false],
    ['no random UUID', { 'service.instance.id': RANDOM }, HOST_1, 'host-1', false],
    ['no random UUID in capitals', { 'service.instance.id': RANDOM.toUpperCase() }, POD, 'web-7d4-abc', true],
    [
      'a random UUID that the environment states',
      { 'service.instance.id': RANDOM },
      { ...HOST_1, statedInstance: RANDOM },
      RANDOM,
      true,
    ],
    [
      'a UUID that is made of a name (version 5)',
      { 'service.instance.id': '4d63009a-8d0f-51ee-aad7-4c796ed8e320' },
      HOST_1,
      '4d63009a-8d0f-51ee-aad7-4c796ed8e320',
      true,
    ],
    [
      'the instance before the pod',
      { 'service.instance.id': 'i', 'k8s.pod.name': 'p' },
      CONTAINER,
      'i',
      true,
    ],
    ['the pod of the resource', { 'k8s.pod.name': 'p' }, HOST_1, 'p', true],
    ['the pod of the resource before that of the environment', { 'k8s.pod.name': 'p' }, POD, 'p', true],
    ['the pod of the environment', {}, POD, 'web-7d4-abc', true],
    ['the pod and the container', {}, CONTAINER, 'web-7d4-abc/app', true],
    [
      'the container of the resource',
      { 'k8s.container.name': 'sidecar' },
      CONTAINER,
      'web-7d4-abc/sidecar',
      true,
    ],
    ['no container without a pod', { 'k8s.container.name': 'app' }, HOST_1, 'host-1', false],
    [
      'the process id of a second process in a container',
      {},
      { ...CONTAINER, processId: 7 },
      'web-7d4-abc/app-7',
      true,
    ],
    [
      'no process id beside an instance',
      { 'service.instance.id': 'i' },
      { ...HOST_1, processId: 7 },
      'i',
      true,
    ],
    // Workers and threads.
    [
      'a worker of a cluster',
      {},
      { ...HOST_1, processId: 9, parentProcessId: 7, clusterWorker: 2 },
      'host-7-w2',
      false,
    ],
    [
      'a worker in a container',
      {},
      { ...CONTAINER, processId: 9, parentProcessId: 1, clusterWorker: 2 },
      'web-7d4-abc/app-w2',
      true,
    ],
    [
      'a worker of a second cluster in a container',
      {},
      { ...CONTAINER, processId: 9, parentProcessId: 7, clusterWorker: 2 },
      'web-7d4-abc/app-7-w2',
      true,
    ],
    [
      'a worker with an instance',
      { 'service.instance.id': 'i' },
      { ...HOST_1, processId: 9, parentProcessId: 7, clusterWorker: 2 },
      'i-w2',
      true,
    ],
    ['a thread', {}, { ...HOST_1, thread: 3 }, 'host-1-t3', false],
    ['a thread in a container', {}, { ...CONTAINER, thread: 3 }, 'web-7d4-abc/app-t3', true],
    [
      'a thread of a second process in a container',
      {},
      { ...CONTAINER, processId: 7, thread: 3 },
      'web-7d4-abc/app-7-t3',
      true,
    ],
    [
      'a thread of the first process, with an instance',
      { 'service.instance.id': 'i' },
      { ...HOST_1, thread: 3 },
      'i-t3',
      true,
    ],
    [
      'a thread of any other process, with an instance',
      { 'service.instance.id': 'i' },
      { ...HOST_1, processId: 7, thread: 3 },
      'i-7-t3',
      true,
    ],
  ])('is %s', (_, attributes, facts, name, isStable) => {
    expect(processName(attributes as never, facts)).toBe(name);
    expect(hasStableName(attributes as never, facts)).toBe(isStable);
  });
});

describe('what tells a process from others', () => {
  const read = (variables: Record<string, string>, mounts = '') => readProcessFacts(variables, () => mounts);
  const cluster = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

  it.each([
    [{}, undefined],
    [{ POD_NAME: 'a' }, undefined],
    [{ KUBERNETES_SERVICE_HOST: ' ', POD_NAME: 'a' }, undefined],
    [cluster, hostname()],
    [{ ...cluster, POD_NAME: ' a\n', MY_POD_NAME: 'b' }, 'a'],
    [{ ...cluster, POD_NAME: '', K8S_POD_NAME: 'b' }, 'b'],
    [{ ...cluster, MY_POD_NAME: 'c' }, 'c'],
  ])('with the variables %j is the pod %s', (variables, podName) => {
    expect(read(variables as Record<string, string>).podName).toBe(podName);
  });

  it.each([
    // As the kubelet mounts it, on the root's file system and on one of its own.
    [
      '912 901 259:1 /var/lib/kubelet/pods/3b0e/containers/app/1a2b3c4d /dev/termination-log rw - ext4 /dev/root rw',
      'app',
    ],
    ['912 901 259:3 /pods/3b0e/containers/side-car/00ff00ff /dev/log rw - xfs /dev/nvme1n1 rw', 'side-car'],
    [
      '912 901 259:1 /var/lib/kubelet/pods/3b0e/volume-subpaths/config/app/0 /etc/app rw - ext4 /dev/root rw',
      undefined,
    ],
    [
      '912 901 259:1 /var/lib/docker/containers/4f5e6d/hostname /etc/hostname rw - ext4 /dev/root rw',
      undefined,
    ],
    ['', undefined],
  ])('with the mount %j is the container %s', (mounts, containerName) => {
    expect(read(cluster, mounts).containerName).toBe(containerName);
    expect(read({}, mounts).containerName).toBeUndefined();
  });

  it('are the log stream in AWS Lambda, because its environments share a host name', () => {
    const stream = '2026/11/29/[$LATEST]0123456789abcdef0123456789abcdef';
    const lambda = { AWS_LAMBDA_FUNCTION_NAME: 'orders', AWS_LAMBDA_LOG_STREAM_NAME: stream };
    expect(read(lambda).hostName).toBe(stream);
    expect(read({ AWS_LAMBDA_LOG_STREAM_NAME: stream }).hostName).toBe(hostname());
    expect(read({ AWS_LAMBDA_FUNCTION_NAME: 'orders' }).hostName).toBe(hostname());
  });

  it('are no container where mounts can not be read', () => {
    const fail = () => {
      throw new Error('no /proc');
    };
    expect(readProcessFacts(cluster, fail).containerName).toBeUndefined();
  });

  it.each([
    ['service.instance.id=web%201', 'web 1'],
    ['service.name=shop, service.instance.id = a ,k=v', 'a'],
    ['x.service.instance.id=a', undefined],
    ['service.instance.id=%', '%'],
    ['', undefined],
  ])('with OTEL_RESOURCE_ATTRIBUTES=%s is the stated instance %s', (attributes, instance) => {
    expect(read({ OTEL_RESOURCE_ATTRIBUTES: attributes }).statedInstance).toBe(instance);
  });
});

describe('a real cluster with threads', () => {
  it('has a name for each writer, on a machine and with one instance for all', async () => {
    const program = fileURLToPath(new URL('process-name-program.ts', import.meta.url));
    const args = [...ON_SOURCES, program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dirname(program) });
    const { all, processId } = JSON.parse(stdout) as { all: [string, string][]; processId: number };
    const namesAt = (index: 0 | 1) => {
      const names = all.map((pair) => pair[index]);
      expect(new Set(names).size).toBe(6);
      const first = new RegExp(`(?<=-)${processId}(?=-|$)`);
      return names.map((name) =>
        name
          .replace(first, 'FIRST')
          .replace(/(?<=-)\d+(?=-t)/, 'WORKER')
          .replace(/(?<=-t)\d+$/, 'N'),
      );
    };
    const host = hostname();
    expect(namesAt(0)).toEqual([
      `${host}-FIRST`,
      `${host}-FIRST-tN`,
      `${host}-FIRST-w1`,
      `${host}-WORKER-tN`,
      `${host}-FIRST-w2`,
      `${host}-WORKER-tN`,
    ]);
    expect(namesAt(1)).toEqual(['web', 'web-FIRST-tN', 'web-w1', 'web-WORKER-tN', 'web-w2', 'web-WORKER-tN']);
  });
});
