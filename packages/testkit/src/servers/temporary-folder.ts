import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one server. Its path stays the same when it is removed and created again. */
export class TemporaryFolder {
  // The name is short because the path of a unix socket has at most 107 bytes.
  readonly path = join(tmpdir(), `tallykit-${randomUUID().slice(0, 13)}`);

  async create(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
