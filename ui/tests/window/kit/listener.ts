// Somebody who is told: a web server on this machine alone.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";

/** A message that was taken. */
export class Heard {
  constructor(
    private readonly headers: IncomingMessage["headers"],
    private readonly bytes: string,
  ) {}

  get topic(): string {
    return String(this.headers["spillway-topic"]);
  }

  get body(): unknown {
    return JSON.parse(this.bytes);
  }

  /** Whether somebody with the secret signed it. */
  genuine(secret: string): boolean {
    const stamp = String(this.headers["spillway-timestamp"]);
    const mark = createHmac("sha256", secret).update(`${stamp}.${this.bytes}`).digest("hex");
    return this.headers["spillway-signature"] === `v1=${mark}`;
  }
}

export class Listener {
  readonly messages: Heard[] = [];
  /** Takes nothing, and asks for an hour of peace. */
  refusing = false;
  /** Messages that were not taken. */
  refused = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(): Promise<Listener> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const listener = new Listener(server, `http://127.0.0.1:${address.port}/spillway`);
    server.on("request", (request, response) => {
      void text(request).then((bytes) => {
        if (listener.refusing) {
          listener.refused += 1;
          response.writeHead(503, { "Retry-After": "3600" }).end("busy");
          return;
        }
        listener.messages.push(new Heard(request.headers, bytes));
        response.writeHead(200).end("thanks");
      });
    });
    return listener;
  }

  topics(): string[] {
    return this.messages.map((one) => one.topic);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
