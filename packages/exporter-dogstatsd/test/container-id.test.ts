import { describe, expect, it } from 'vitest';
import { findContainer, type SystemFiles } from '../src/container-id.ts';

const ID = 'f'.repeat(32) + '0123456789abcdef'.repeat(2);
const UUID = '34dc0b5e-626f-2c5c-4c51-70e34b10e765';
const SHORT_UUID = '6f265890-5165-7fab-6b52-18d1';

/** A system with such files; numbers are inodes. */
function system(files: Readonly<Record<string, string | number>>): SystemFiles {
  return {
    text: (path) => (typeof files[path] === 'string' ? files[path] : undefined),
    inode: (path) => (typeof files[path] === 'number' ? files[path] : undefined),
  };
}

describe('the container', () => {
  it.each([
    ['Docker', `12:memory:/docker/${ID}\n0::/system.slice`, ID],
    ['Kubernetes', `11:pids:/kubepods/besteffort/pod3d274242/${ID}`, ID],
    ['Kubernetes with systemd', `1:name=systemd:/kubepods.slice/pod2d.slice/docker-${ID}.scope`, ID],
    ['ECS on Fargate', `4:cpu:/ecs/55091c13/${'a'.repeat(32)}-1234567890`, `${'a'.repeat(32)}-1234567890`],
    ['Cloud Foundry', `1:name=systemd:/system.slice/garden.service/garden/${UUID}`, UUID],
    ['Cloud Foundry, short', `1:name=systemd:/garden/${SHORT_UUID}`, SHORT_UUID],
    ['version 2', `0::/docker/${ID}`, ID],
  ])('of %s stands in the list of control groups', (_, cgroup, id) => {
    expect(findContainer(system({ '/proc/self/cgroup': `9:cpu:/\n${cgroup}\n` }))).toBe(`ci-${id}`);
  });

  it.each([
    [
      'Docker',
      `608 554 254:1 /docker/volumes/var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4`,
      ID,
    ],
    [
      'podman',
      `1 2 0:25 /containers/overlay-containers/${ID}/userdata/hostname /etc/hostname rw - tmpfs`,
      ID,
    ],
    ['Cloud Foundry', `1 2 0:25 /garden/${UUID}/etc/hostname /etc/hostname rw - tmpfs`, UUID],
  ])('of %s stands in the list of mounts', (_, mounts, id) => {
    const files = {
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': `22 27 0:21 / /proc rw\n${mounts}\n`,
    };
    expect(findContainer(system(files))).toBe(`ci-${id}`);
  });

  it('is not the sandbox that containerd puts around containers', () => {
    const mounts = `1 2 0:25 /containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname /etc/hostname rw - ext4`;
    const files = { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': mounts };
    expect(findContainer(system(files))).toBeUndefined();
  });

  it('is known by the inode of its control group in a namespace of its own', () => {
    const namespace = { '/proc/self/ns/cgroup': 4_026_532_700 };
    expect(
      findContainer(
        system({ ...namespace, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup': 2, '/sys/fs/cgroup/': 4711 }),
      ),
    ).toBe('in-4711');
    const version1 = '3:cpu:/\n2:freezer,memory:/nested\n0::/';
    const files = { '/proc/self/cgroup': version1, '/sys/fs/cgroup/memory/nested': 99 };
    expect(findContainer(system({ ...namespace, ...files }))).toBe('in-99');
  });

  it("is none in the host's namespace, where that is the inode of no container", () => {
    const files = { '/proc/self/ns/cgroup': 0xef_ff_ff_fb, '/proc/self/cgroup': '0::/user.slice\n' };
    expect(findContainer(system({ ...files, '/sys/fs/cgroup/user.slice': 4711 }))).toBeUndefined();
  });

  it('is none where the control group is the root, or there are no such files', () => {
    expect(findContainer(system({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/': 1 }))).toBeUndefined();
    expect(findContainer(system({}))).toBeUndefined();
  });

  it('is looked for in this very system without an error', () => {
    expect(findContainer() ?? 'ci-').toMatch(/^(?:ci|in)-/);
  });
});
