const START_ATTEMPTS = 5;
const PORT_IS_TAKEN = /EADDRINUSE|address already in use/i;

/** A server in a process of its own. */
export interface ServerProcess {
  /** Everything that it printed. */
  readonly output: string;
  stop(): Promise<void>;
}

/**
 * Starts a server on ports that were free when they were chosen. Where somebody else has taken one since, it is started again,
 * with others.
 *
 * @param launch chooses ports, and starts the process
 * @param untilReady resolves when the server listens, and rejects when it ends before
 */
export async function startOnFreePorts<Server extends ServerProcess>(
  launch: () => Promise<Server>,
  untilReady: (server: Server) => Promise<unknown>,
): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await launch();
    try {
      await untilReady(server);
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === START_ATTEMPTS || !PORT_IS_TAKEN.test(server.output)) throw error;
    }
  }
}
