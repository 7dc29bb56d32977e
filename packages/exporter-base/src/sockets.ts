export {
  clientPacing,
  ClientTransport,
  readClient,
  type GivenClient,
  type PayloadSender,
} from './client-transport.ts';
export { newlineFrame, StreamTransport, type StreamTransportOptions } from './stream-transport.ts';
export { UdpTransport, type UdpTransportOptions } from './udp-transport.ts';
export {
  UnixgramTransport,
  type UnixgramModule,
  type UnixgramTransportOptions,
} from './unixgram-transport.ts';
