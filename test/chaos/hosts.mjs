// Preloaded into a process: names of a file take the place of what the machine's resolver knows, and can be changed while
// the process runs. `{ "name": ["127.0.0.1"] }`; a name without addresses isn't found, and one with null is never answered.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const system = dns.lookup;

/** Like the resolver, which can't open its files either. */
function readHosts() {
  try {
    return JSON.parse(readFileSync(process.env.CHAOS_HOSTS, 'utf8'));
  } catch (error) {
    if (error.code === 'EMFILE') return undefined;
    throw error;
  }
}

function failure(code, name) {
  return Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code, syscall: 'getaddrinfo' });
}

function lookup(name, options, callback) {
  const hosts = readHosts();
  if (hosts === undefined) {
    setImmediate(() => callback(failure('EMFILE', name)));
    return;
  }
  if (!Object.hasOwn(hosts, name)) {
    system(name, options, callback);
    return;
  }
  const addresses = hosts[name];
  if (addresses === null) return;
  setImmediate(() => {
    if (addresses.length === 0) {
      callback(failure('ENOTFOUND', name));
    } else if (options.all) {
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    } else {
      callback(null, addresses[0], 4);
    }
  });
}

dns.lookup = (name, options, callback) =>
  typeof options === 'function' ? lookup(name, {}, options) : lookup(name, options, callback);
dns.promises.lookup = (name, options) =>
  new Promise((resolve, reject) => {
    lookup(name, options ?? {}, (error, address, family) => {
      if (error) reject(error);
      else resolve(options?.all ? address : { address, family });
    });
  });
syncBuiltinESMExports();
