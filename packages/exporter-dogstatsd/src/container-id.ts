import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads files of the system. Both methods return `undefined` for a file that can't be read. */
export interface SystemFiles {
  text(path: string): string | undefined;
  inode(path: string): number | undefined;
}

const CGROUP = '/proc/self/cgroup';
const MOUNTS = '/proc/self/mountinfo';
const CGROUP_NAMESPACE = '/proc/self/ns/cgroup';
const CGROUP_MOUNT = '/sys/fs/cgroup';

/** The host's own namespace of control groups has this number in every Linux (`include/linux/proc_ns.h`). */
const HOST_CGROUP_NAMESPACE = 0xef_ff_ff_fb;
/** The inode of a control group that is the root of its hierarchy, as on a host. It is the same everywhere, so it names no container. */
const ROOT_INODES = 2;

/** A plain id, a UUID in full or short (Cloud Foundry), or the id of an ECS task with a number. */
const CONTAINER_ID = String.raw`[0-9a-f]{64}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){4}(?:[0-9a-f]{8})?|[0-9a-f]{32}-\d+`;
const AT_END_OF_CGROUP = new RegExp(String.raw`^\d+:[^:\n]*:.*?(${CONTAINER_ID})(?:\.scope)?$`, 'm');
/** Finds the last id of each line. */
const BEFORE_HOSTNAME_MOUNT = new RegExp(String.raw`^.*[\s/]([^\s/]+)/(${CONTAINER_ID})/\S*hostname`, 'gm');

/**
 * In which container this process runs, as the Agent's origin detection takes it: `ci-` and the container's id, or `in-`
 * and the inode of its control group, from which the Agent finds the id. Looks where Datadog's own clients look
 * (datadog-go, `statsd/container_linux.go`). `undefined` outside of a container, and on other systems than Linux.
 */
export function findContainer(files: SystemFiles = systemFiles): string | undefined {
  const cgroup = files.text(CGROUP) ?? '';
  const id = AT_END_OF_CGROUP.exec(cgroup)?.[1] ?? idInMounts(files.text(MOUNTS) ?? '');
  if (id !== undefined) return `ci-${id}`;
  // In the host's namespace, a container's id would have been found above.
  if (files.inode(CGROUP_NAMESPACE) === HOST_CGROUP_NAMESPACE) return undefined;
  const inode = inodeOfCgroup(cgroup, files);
  return inode === undefined ? undefined : `in-${inode}`;
}

/** Container runtimes mount a file of the container's own as `/etc/hostname`; its path has the id. */
function idInMounts(mounts: string): string | undefined {
  for (const [, parent, id] of mounts.matchAll(BEFORE_HOSTNAME_MOUNT)) {
    // This id is that of the sandbox around the containers of a pod.
    if (parent !== 'sandboxes') return id;
  }
  return undefined;
}

/** Control groups of version 1 have a controller `memory`; those of version 2 have one hierarchy, whose name is empty. */
function inodeOfCgroup(cgroup: string, files: SystemFiles): number | undefined {
  for (const controller of ['memory', '']) {
    for (const line of cgroup.split('\n')) {
      const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? [];
      if (path === undefined || !controllers!.split(',').includes(controller)) continue;
      const inode = files.inode(join(CGROUP_MOUNT, controller, path));
      if (inode !== undefined && inode > ROOT_INODES) return inode;
    }
  }
  return undefined;
}

const systemFiles: SystemFiles = {
  text: (path) => attempt(() => readFileSync(path, 'utf8')),
  inode: (path) => attempt(() => statSync(path).ino),
};

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
