/** The address that only this machine reaches. */
export const LOOPBACK = "127.0.0.1";

/** A TCP endpoint: a host name or IP address, and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The TCP endpoint at which this process reaches one port of a pod. */
export interface PodAddress extends Address {
  /**
   * True for a port that the engine publishes through its own proxy. That proxy accepts connections before the
   * container listens, and then closes them, so an accepted connection does not prove that the container is up.
   */
  readonly relayed?: boolean;
}
