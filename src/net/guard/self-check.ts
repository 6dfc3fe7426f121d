/** The guard tries itself out: a connect without a ticket has to come back as EACCES. Should it not, the guard is not live. */
import { forgetDenials } from "./denials.ts";
import { bindingOf, eacces, isReplacement } from "./patch.ts";

/** @throws when the connect was not denied. Nothing is sent: a denied connect is no system call, and a test watches that. */
export function checkGuard(): void {
  const { TCP, TCPConnectWrap, constants } = bindingOf("tcp_wrap") as unknown as TcpBinding;
  const handle = new TCP(constants.SOCKET);
  // Never through an unguarded method, not even to an address that is reserved for documentation.
  if (!isReplacement(handle.connect)) throw new Error("a handle's connect is not the guard's");
  const answer = handle.connect(new TCPConnectWrap(), "203.0.113.1", 9);
  handle.close();
  if (answer !== eacces) throw new Error(`a connect without a ticket answered ${String(answer)}`);
  forgetDenials();
}

interface TcpBinding {
  TCP: new (type: number) => { connect(request: object, address: string, port: number): unknown; close(): void };
  TCPConnectWrap: new () => object;
  constants: { SOCKET: number };
}
