import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Who has a port, as far as it can be known: `node (process 4711)`; `undefined` otherwise. */
export async function portOwner(protocol: 'udp' | 'tcp', port: number): Promise<string | undefined> {
  return process.platform === 'linux' ? ownerOnLinux(protocol, port) : ownerByLsof(protocol, port);
}

async function ownerOnLinux(protocol: 'udp' | 'tcp', port: number): Promise<string | undefined> {
  const tables = await Promise.all([`/proc/net/${protocol}`, `/proc/net/${protocol}6`].map(textOf));
  const inodes = new Set(tables.flatMap((table) => inodesIn(table, protocol, port)));
  if (inodes.size === 0) return undefined;
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const id of processes) {
    if (!(await holds(id, inodes))) continue;
    const name = (await textOf(`/proc/${id}/comm`)).trim();
    return `${name} (process ${id})`;
  }
  return undefined;
}

/** The state of a socket that listens (`TCP_LISTEN` of the kernel's `tcp_states.h`). */
const LISTENING = '0A';

/** The sockets at a port (Linux, `Documentation/networking/proc_net_tcp.rst`). */
function inodesIn(table: string, protocol: 'udp' | 'tcp', port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local, , state]) => local?.endsWith(`:${wanted}`) && (protocol === 'udp' || state === LISTENING),
    )
    .map((fields) => fields[9]!);
}

/** Whether a process has one of the sockets open. Those of other users can't be looked at. */
async function holds(id: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${id}/fd`).catch(() => []);
  const links = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/${id}/fd/${descriptor}`).catch(() => '')),
  );
  return links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

async function ownerByLsof(protocol: 'udp' | 'tcp', port: number): Promise<string | undefined> {
  const which = protocol === 'udp' ? ['-iUDP:' + port] : ['-iTCP:' + port, '-sTCP:LISTEN'];
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', '-Fpc', ...which]);
    const [, id, name] = /^p(\d+)\nc(.+)$/m.exec(stdout) ?? [];
    return id === undefined ? undefined : `${name} (process ${id})`;
  } catch {
    return undefined;
  }
}
