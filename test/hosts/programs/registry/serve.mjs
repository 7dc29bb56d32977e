// Serves a registry on a free port, which it prints. Parameter: Verdaccio's configuration.
import { runServer } from 'verdaccio';

const server = await runServer(process.argv[2]);
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
